"""An invented company, its CRM, its people who answer, its mailbox: a year in a minute, through the real code."""
