"""The forest: what many comments have in common. All of it pure.

languages   which languages have stems, and how a comment's own is guessed
phrases     the words of a theme -> what is looked for
book        themes, checked; the file that ships
matching    a comment -> the themes it is about
agreement   rule against person
suggesting  words that detractors use and no theme has
comments    comments -> themes by accounts, revenue, people; cuts with suppression; which views may stand
drivers     what goes with the score
"""
