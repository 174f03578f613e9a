"""Sorting comments by the shipped code book: 100,000 in seven languages, beside a loop that only splits them."""

from tests.bench.report import Report
from voc.base import clock
from voc.demo import own_words, words
from voc.metrics.forest.book import Theme
from voc.metrics.forest.matching import Matcher
from voc.metrics.run.forest.book import shipped

COMMENTS = 100_000
UNLIKE = 40_000  # different words that stand in them once or twice, as names and slips of the pen do


def comments(count: int) -> list[tuple[str, str]]:
    """(language, text): sentences of the demo, two at a time, each with a word that hardly another has."""
    said = [("en", one) for many in (words.UNHAPPY, words.MIXED, words.HAPPY) for one in many]
    for book in (own_words.UNHAPPY, own_words.MIXED, own_words.HAPPY):
        said += [(language, one) for language, some in book.items() for one in some]
    found = []
    for number in range(count):
        language, first = said[number % len(said)]
        found.append((language, f"{first} {said[number * 7 % len(said)][1]} x{number % UNLIKE}y"))
    return found


def run(report: Report) -> None:
    some = comments(report.rows or COMMENTS)
    themes = [Theme(number, one.key, one.name, one.department, one.words) for number, one in enumerate(shipped())]
    matcher = Matcher(themes)
    began = clock.seconds()
    found = sum(len(matcher.themes_of(text, language=language)) for language, text in some)
    took = clock.seconds() - began
    began = clock.seconds()
    split = sum(len(text.lower().split()) for _language, text in some)
    bare = clock.seconds() - began
    report.add("comments", len(some), "comments")
    report.add("words of them", split, "words")
    report.add("themes found", found, "themes")
    report.add("read by the code book", took, "s")
    report.add("read by the code book", len(some) / took, "comments/s")
    report.add("only split into words", bare, "s")
