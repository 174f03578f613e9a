"""Figures made of what the CRM tells of renewals, sales, milestones and meetings, and of stated value (8, 8a).

facts       one account with its dated facts, each under the owner of its day
owners      who owned it then, and what counts for the team alone
retention, growth, onboarding, contacts, proofs, worth, upkeep    the rows of each figure
definitions every figure: name, meaning, how its rows make a value
counting    rows to tallies to figures, by CSM, team and total
"""
