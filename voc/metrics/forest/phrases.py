"""The words of a theme, as people write them, and what is looked for in a comment. Pure.

`report` finds every word with that stem; `preis*` what begins so, `*kosten` what ends so; words
beside each other follow each other; `slow + answer` lets up to three words stand between.
"""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from snowballstemmer import stemmer

from voc.metrics.forest.languages import STEMMERS

BETWEEN = 3  # words that a + lets stand between
LONGEST = 6  # words of one phrase
LEAST_LETTERS = 3  # beside a star: fewer would find everything
_LONGEST_WORD = 40  # letters that are looked at; nobody's word is longer
_TOKEN = re.compile(r"[^\W_]+|[.!?;\n]")
_TERM = re.compile(r"\*?[^\W_]+\*?")
END = ""
"""Where a sentence ends: no phrase reaches over it."""


@dataclass(frozen=True, slots=True)
class Term:
    """One word that is looked for; `far` words may stand before it (0: it follows at once)."""

    text: str
    begins: bool = False
    ends: bool = False
    far: int = 0


@dataclass(frozen=True, slots=True)
class Phrase:
    """`written` is as it stands in the code book."""

    written: str
    terms: tuple[Term, ...]


class Stems:
    """Words of one language to their stems, without accents: phones leave them out. Not for two threads at once."""

    def __init__(self, language: str) -> None:
        self._stemmer = stemmer(STEMMERS[language])
        self._known: dict[str, str] = {}

    def of(self, word: str) -> str:
        """`word` in lower case."""
        found = self._known.get(word)
        if found is None:
            found = self._known[word] = plain(self._stemmer.stemWord(word))
        return found


def tokens(text: str) -> list[str]:
    """The words of a comment in lower case, and `END` where a sentence ends."""
    return [one[:_LONGEST_WORD] if one not in ".!?;\n" else END for one in _TOKEN.findall(_clean(text))]


def words(text: str) -> list[str]:
    return [one for one in tokens(text) if one]


def plain(word: str) -> str:
    """Without accents: élan -> elan, straße -> strasse."""
    apart = unicodedata.normalize("NFD", word.casefold())
    return "".join(letter for letter in apart if not unicodedata.combining(letter))


def _clean(text: str) -> str:
    """One spelling for what looks the same; marks that nobody sees are gone."""
    seen = "".join(letter for letter in text if letter == "\n" or unicodedata.category(letter) not in ("Cf", "Cc"))
    return unicodedata.normalize("NFKC", seen).lower()


def phrase(written: str, stems: Stems) -> Phrase:
    """What is looked for. `why_not` says before what cannot be read."""
    terms: list[Term] = []
    for part in _clean(written).split("+"):
        for position, text in enumerate(_pieces(part)):
            far = BETWEEN if terms and position == 0 else 0
            terms.append(_term(text, far, stems))
    return Phrase(" ".join(written.split()), tuple(terms))


def _pieces(part: str) -> Sequence[str]:
    return _TERM.findall(part)


def _term(text: str, far: int, stems: Stems) -> Term:
    bare = text.strip("*")
    if bare == text:
        return Term(stems.of(bare[:_LONGEST_WORD]), far=far)
    return Term(plain(bare), begins=text.endswith("*"), ends=text.startswith("*"), far=far)


def why_not(written: str) -> str | None:
    """Why a phrase cannot be used, in words for whoever wrote it; None if it can."""
    text = _clean(written)
    parts = text.split("+")
    pieces = [piece for part in parts for piece in _pieces(part)]
    if not pieces or any(not _pieces(part) for part in parts):
        return "a word must stand on both sides of +" if "+" in text else "it holds no word"
    left = _TERM.sub("", text.replace("+", " ")).replace("'", "").replace("’", "").replace("-", "").strip()
    if "*" in left:
        return "a star stands directly before or after its word: price* or *price"
    if len(pieces) > LONGEST:
        return f"at most {LONGEST} words"
    short = next((one for one in pieces if "*" in one and len(one.strip("*")) < LEAST_LETTERS), None)
    if short is not None:
        return f"“{short}” would find nearly everything: {LEAST_LETTERS} letters or more beside a star"
    if len(pieces) == 1 and len(pieces[0]) < 2:
        return "one letter is no word"
    return None
