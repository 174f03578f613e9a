"""A comment -> the themes it is about, with the words that say so. Pure.

Each word of a comment is looked up once and remembered: comments repeat themselves, so a hundred
thousand of them cost about as much as their different words.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from voc.metrics.forest import languages
from voc.metrics.forest.book import Theme
from voc.metrics.forest.phrases import Phrase, Stems, Term, phrase, plain, tokens

_MOST_KNOWN = 200_000  # different words: what remembers them must not grow for ever


class _Reader:
    """The phrases of one language."""

    def __init__(self, language: str, themes: Iterable[Theme]) -> None:
        self.stems = Stems(language)
        self._heads: dict[Term, list[tuple[int, Phrase]]] = defaultdict(list)
        terms: set[Term] = set()
        for theme in themes:
            for written in theme.words.get(language, ()):
                found = phrase(written, self.stems)
                self._heads[_here(found.terms[0])].append((theme.id, found))
                terms |= {_here(term) for term in found.terms}
        self._exact = {term.text: term for term in terms if not (term.begins or term.ends)}
        self._partly = sorted((term for term in terms if term.begins or term.ends), key=_in_order)
        self._known: dict[str, frozenset[Term]] = {}

    def read(self, said: Sequence[str]) -> dict[int, str]:
        marks = [self._marks(word) for word in said]
        found: dict[int, str] = {}
        for at, mark in enumerate(marks):
            for term in mark:
                for theme_id, one in self._heads.get(term, ()):
                    if theme_id not in found and _goes_on(marks, said, at, one.terms):
                        found[theme_id] = one.written
        return found

    def has(self, word: str) -> bool:
        return bool(self._marks(word))

    def _marks(self, word: str) -> frozenset[Term]:
        """The terms that this word is."""
        known = self._known.get(word)
        if known is None:
            if len(self._known) >= _MOST_KNOWN:
                self._known.clear()
            known = self._known[word] = self._look_up(word)
        return known

    def _look_up(self, word: str) -> frozenset[Term]:
        if not word:
            return frozenset()
        bare = plain(word)
        exact = self._exact.get(self.stems.of(word))
        partly = {term for term in self._partly if _fits(term, bare)}
        return frozenset(partly if exact is None else partly | {exact})


def _in_order(term: Term) -> tuple[str, bool, bool]:
    return term.text, term.begins, term.ends


def _here(term: Term) -> Term:
    return Term(term.text, term.begins, term.ends)


def _fits(term: Term, bare: str) -> bool:
    if term.begins and term.ends:
        return term.text in bare
    return bare.startswith(term.text) if term.begins else bare.endswith(term.text)


def _goes_on(marks: Sequence[frozenset[Term]], said: Sequence[str], at: int, terms: Sequence[Term]) -> bool:
    """Whether the rest of the phrase follows, in the same sentence; the nearest place for each word is enough."""
    for term in terms[1:]:
        wanted = _here(term)
        for step in range(1, term.far + 2):
            here = at + step
            if here >= len(marks) or not said[here]:
                return False
            if wanted in marks[here]:
                at = here
                break
        else:
            return False
    return True


class Matcher:
    """The rule: one version of the code book, ready to read comments. Not for two threads at once."""

    def __init__(self, themes: Iterable[Theme]) -> None:
        self._themes = [theme for theme in themes if not theme.retired]
        self._readers: dict[str, _Reader] = {}

    def themes_of(self, text: str, *, language: str) -> Mapping[int, str]:
        """Theme id -> the words of the book that were found; `language` is that of the page it was written on."""
        said = tokens(text)
        found: dict[int, str] = {}
        for one in languages.read_as(language, said):
            for theme_id, words in self._reader(one).read(said).items():
                found.setdefault(theme_id, words)
        return dict(sorted(found.items()))

    def _reader(self, language: str) -> _Reader:
        if language not in self._readers:
            self._readers[language] = _Reader(language, self._themes)
        return self._readers[language]

    def knows(self, word: str, *, language: str) -> bool:
        """Whether a phrase of the book has this word, alone or beside others."""
        return self._reader(language).has(word)
