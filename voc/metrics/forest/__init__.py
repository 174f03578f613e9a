"""The forest: what many comments have in common. All of it pure.

languages   which languages have stems, and how a comment's own is guessed
phrases     the words of a theme -> what is looked for
book        themes, checked; the file that ships
matching    a comment -> the themes it is about
agreement   rule against person
suggesting  words that detractors use and no theme has
people      comments -> people, each once, with what was true of them
hiding      cells beside small cells, and views too near to each other, are not shown
cutting     themes by score, segment, role or region
growing     themes by accounts, revenue, people
drivers     what goes with the score
"""
