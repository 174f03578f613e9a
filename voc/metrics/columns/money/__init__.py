"""What the CRM and respondents tell of all accounts at once, as columns: as `metrics.money` says of one. Pure.

records     what was read: accounts, deals, milestones, meetings, answers; who held which account when
owners      whose a fact is
period      the records of one period, and what several figures need of them
renewals, growth, onboarding, contacts, proofs    the rows of each figure
"""
