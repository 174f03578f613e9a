"""Stakeholder engagement and voice of the customer, for companies that sell to companies.

The flow is the layout; a later stage may import an earlier one, never the reverse:

    accounts      who our customers are: read from the CRM, cleaned, compared, reported
    stakeholders  whom we should know at each, and how sure we are that they are still there
    campaigns     what we ask, whom, when: questionnaire, census, calendar, the chase
    delivery      mail out; bounces and replies back
    responses     answers in, from a page that a mail scanner cannot answer
    followup      whoever is unhappy gets a call in time
    metrics       figures, each with its count, its interval and its state
    reports       digests, review pages, exports
    web           pages; `voc.app` wires, `voc.jobs` says what runs how often, `voc.cli` is the terminal
"""
