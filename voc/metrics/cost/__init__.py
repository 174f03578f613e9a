"""What silence costs here: our own renewals read at a landmark, what they say, and how well the score foresaw them.

landmark   one decision -> what was known of the account 90 days before it, and nothing later
table      kept decisions -> silent against responding, with intervals, segment for segment
backtest   what the score said then -> who left, quarter by quarter, against two plain rivals
words      the sentences of the screen

Pure (3-metrics 4.4 to 4.6).
"""
