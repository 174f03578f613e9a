"""Scorecards: what a CSM is measured by is a file, not code. Values in, values out.

files      a TOML file -> `Scorecard`, or every mistake in it at once, in plain words
counting   figures of a month -> what each line came to
sums       attainment, weights, what happens to a line that could not be counted
shares     the part of a month, a team's target by book
templates  what colleagues are asked about a call or a hand-over
sheet      a month as the rows of a table
wording    all of it in words
"""
