"""Words that detractors use more than promoters, or the reverse, and that no theme has yet (Monroe and others 2008).

Pure. A word counts once a comment, and only where three accounts or more use it.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from voc.metrics.forest import languages
from voc.metrics.forest.matching import Matcher
from voc.metrics.forest.phrases import Stems, words
from voc.metrics.units import group_of
from voc.statistics.forest import log_odds_dirichlet

LEAST_Z = 2.0
LEAST_ACCOUNTS = 3
PRIOR = 20.0  # words' worth of "everybody writes like everybody" (assumed)
_LEAST_LETTERS = 4
_MOST = 12  # of each side

Said = tuple[str, int | None, str, str]
"""(account, score, language, text) of one comment."""


@dataclass(frozen=True)
class Suggestion:
    """A word of one language, as it is written most. `z` above 0: detractors' word; below: promoters'."""

    language: str
    word: str
    z: float
    detractors: int  # comments
    promoters: int
    accounts: int  # that use it on that side


def suggest(comments: Iterable[Said], matcher: Matcher, *, names: Collection[str]) -> list[Suggestion]:
    """By language and strength, the strongest first. `names` (of people, companies) are no themes."""
    barred = {part for name in names for part in words(name)}
    by_language: dict[str, _Counts] = {}
    for account_id, score, declared, text in comments:
        if score is None:
            continue
        said = words(text)
        language = languages.read_as(declared, said)[-1]
        by_language.setdefault(language, _Counts(language)).add(account_id, group_of(score), said, barred)
    found = [one for counts in by_language.values() for one in counts.suggestions(matcher)]
    against = sorted((one for one in found if one.z > 0), key=lambda one: (-one.z, one.language, one.word))
    praised = sorted((one for one in found if one.z < 0), key=lambda one: (one.z, one.language, one.word))
    return against[:_MOST] + praised[:_MOST]


class _Counts:
    """The words of one language by group, each once a comment."""

    def __init__(self, language: str) -> None:
        self._language = language
        self._stems = Stems(language)
        self._small = languages.FUNCTION_WORDS.get(language, frozenset())
        self._uses: dict[str, Counter[str]] = defaultdict(Counter)  # group -> stem
        self._accounts: dict[tuple[str, str], set[str]] = defaultdict(set)
        self._written: dict[str, Counter[str]] = defaultdict(Counter)

    def add(self, account_id: str, group: str, said: Sequence[str], barred: Collection[str]) -> None:
        for word in sorted(set(said)):
            if len(word) < _LEAST_LETTERS or not word.isalpha() or word in self._small or word in barred:
                continue
            stem = self._stems.of(word)
            self._written[stem][word] += 1
            self._accounts[group, stem].add(account_id)
        for stem in {self._stems.of(word) for word in said if word in self._written.get(self._stems.of(word), ())}:
            self._uses[group][stem] += 1

    def suggestions(self, matcher: Matcher) -> list[Suggestion]:
        against, praised = self._uses["detractor"], self._uses["promoter"]
        every = against + praised + self._uses["passive"]
        total, of_against, of_praised = sum(every.values()), sum(against.values()), sum(praised.values())
        found = []
        for stem in sorted(every):
            _, z = log_odds_dirichlet(
                yi=against[stem],
                ni=of_against,
                yj=praised[stem],
                nj=of_praised,
                aw=PRIOR * every[stem] / total,
                a0=PRIOR,
            )
            accounts = len(self._accounts["detractor" if z > 0 else "promoter", stem])
            word = min(self._written[stem], key=lambda one: (-self._written[stem][one], one))  # used at once
            if abs(z) > LEAST_Z and accounts >= LEAST_ACCOUNTS and not self._has_theme(matcher, stem):
                found.append(Suggestion(self._language, word, z, against[stem], praised[stem], accounts))
        return found

    def _has_theme(self, matcher: Matcher, stem: str) -> bool:
        return any(matcher.knows(word, language=self._language) for word in self._written[stem])
