"""The code book as pages show it: themes with their words, how far rule and people agree, words no theme has."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from voc.metrics.forest.agreement import LEAST_CHOSEN, LEAST_COMMENTS, TARGET, Agreement
from voc.metrics.forest.book import Theme
from voc.metrics.forest.languages import NAMES, SHIPPED, STEMMERS
from voc.metrics.forest.suggesting import Suggestion
from voc.metrics.run.forest.sorting import Agreements
from voc.metrics.store.forest.book import Version
from voc.web import view

PER_LANGUAGE = 12  # words of a theme on the list; its own page has them all


_EXACT = 1e-9  # .7 is a sum of floats


@dataclass(frozen=True)
class ThemeRow:
    id: int
    name: str
    department: str
    words: str
    kappa: str
    kappa_note: str
    met: bool | None


@dataclass(frozen=True)
class SuggestionRow:
    language: str
    language_name: str
    word: str
    why: str


@dataclass(frozen=True)
class BookPage:
    heading: str
    lede: str
    agreement: str
    agreement_note: str
    met: bool | None
    themes: Sequence[ThemeRow]
    retired: Sequence[Theme]
    against: Sequence[SuggestionRow]
    praised: Sequence[SuggestionRow]
    names: Sequence[tuple[int, str]]


def page(themes: Sequence[Theme], found: Agreements, suggestions: Sequence[Suggestion], *, version: int) -> BookPage:
    used = [one for one in themes if not one.retired]
    by_id = {theme.id: agreement for theme, agreement in found.by_theme}
    heading, note = total_words(found.total)
    return BookPage(
        heading=f"{view.count(len(used), 'theme')} in the code book",
        lede=f"Version {version}. Comments are sorted by these words, and by people where the words mislead.",
        agreement=heading,
        agreement_note=note,
        met=found.total.met,
        themes=[_row(one, by_id[one.id]) for one in used],
        retired=[one for one in themes if one.retired],
        against=[_suggestion(one) for one in suggestions if one.z > 0],
        praised=[_suggestion(one) for one in suggestions if one.z < 0],
        names=[(one.id, one.name) for one in used],
    )


def total_words(total: Agreement) -> tuple[str, str]:
    """The finding, and what stands behind it."""
    if total.kappa is None:
        heading = "Not known yet whether the rule sorts as people do"
        if total.comments < LEAST_COMMENTS:
            return heading, f"{total.comments} of {LEAST_COMMENTS} comments sorted by people."
        return heading, "The words have changed since: sort some comments anew."
    reached = "the target is reached" if total.met else "below the target"
    both = f"{total.both} given alike, {total.only_person} only by people, {total.only_rule} only by the rule"
    counted = f"{view.count(total.comments, 'comment')} sorted: {both}."
    return (
        f"Agreement of rule and people {kappa(total.kappa)}: {reached}",
        f"Cohen’s kappa; target {kappa(TARGET)}. {counted}",
    )


def kappa(value: float) -> str:
    """.78, as agreement is written; cut and not rounded, for .696 does not reach .70."""
    value = math.floor(value * 100 + _EXACT) / 100
    return view.number(value, 2).replace("0.", ".", 1) if abs(value) < 1 else view.number(value, 2)


def _row(theme: Theme, found: Agreement) -> ThemeRow:
    return ThemeRow(
        id=theme.id,
        name=theme.name,
        department=theme.department,
        words=_words(theme),
        kappa="not yet" if found.kappa is None else kappa(found.kappa),
        kappa_note=_why(found),
        met=found.met,
    )


def _words(theme: Theme) -> str:
    count = sum(len(some) for some in theme.words.values())
    languages = [NAMES.get(code, code) for code in sorted(theme.words, key=lambda code: (code != "en", code))]
    shown = languages if len(languages) <= 2 else [languages[0], view.count(len(languages) - 1, "more language")]
    return f"{view.count(count, 'word')} in {view.listed(shown)}"


def _why(found: Agreement) -> str:
    if found.kappa is not None:
        return f"both {found.both}, only people {found.only_person}, only rule {found.only_rule}"
    if found.comments < LEAST_COMMENTS:
        changed = f"; {found.stale} before its words changed" if found.stale else ""
        return f"{found.comments} of {LEAST_COMMENTS} sorted{changed}"
    return f"chosen for {view.count(found.chosen, 'comment')}, it takes {LEAST_CHOSEN}"


def _suggestion(one: Suggestion) -> SuggestionRow:
    whose, other = ("detractors", one.promoters) if one.z > 0 else ("promoters", one.detractors)
    mine = one.detractors if one.z > 0 else one.promoters
    against = "promoters" if one.z > 0 else "detractors"
    why = f"in {view.count(mine, 'comment')} of {whose} at {one.accounts} accounts, {other} of {against}"
    return SuggestionRow(one.language, NAMES.get(one.language, one.language), one.word, why)


# --- one theme ----------------------------------------------------------------------------------


@dataclass(frozen=True)
class LanguageField:
    code: str
    name: str
    text: str
    rows: int
    error: str


@dataclass(frozen=True)
class Change:
    what: str
    by: str
    day: str
    version: int


@dataclass(frozen=True)
class ThemePage:
    id: int
    name: str
    heading: str
    lede: str
    version: int
    retired: bool
    typed: Mapping[str, str]
    languages: Sequence[LanguageField]
    others: Sequence[tuple[str, str]]
    changes: Sequence[Change]
    errors: Mapping[str, str]
    agreement: str


def theme_page(
    theme: Theme,
    history: Sequence[Version],
    found: Agreement | None,
    *,
    typed: Mapping[str, str] | None = None,
    errors: Mapping[str, str] | None = None,
) -> ThemePage:
    """`typed` is what somebody wrote that could not be kept, with why."""
    wrong = errors or {}
    shown = typed or {"name": theme.name, "department": theme.department}
    codes = [*SHIPPED, *(one for one in theme.words if one not in SHIPPED)]
    codes += [one.removeprefix("words:") for one in shown if one.startswith("words:")]
    fields = [_field(code, theme, shown, wrong) for code in dict.fromkeys(codes) if code in STEMMERS]
    return ThemePage(
        id=theme.id,
        name=theme.name,
        heading=theme.name,
        lede=f"{theme.department}. Changed last in version {theme.version} of the code book.",
        version=theme.version,
        retired=theme.retired,
        typed=shown,
        languages=fields,
        others=[(code, name) for code, name in NAMES.items() if code not in {one.code for one in fields}],
        changes=[_change(one, before) for one, before in zip(history, [*history[1:], None], strict=True)],
        errors=wrong,
        agreement="" if found is None else _agreed(found),
    )


def _agreed(found: Agreement) -> str:
    if found.kappa is None:
        return f"Agreement of rule and people is not known yet: {_why(found)}."
    return f"Agreement of rule and people {kappa(found.kappa)}, target {kappa(TARGET)}: {_why(found)}."


def _field(code: str, theme: Theme, shown: Mapping[str, str], wrong: Mapping[str, str]) -> LanguageField:
    text = shown.get(f"words:{code}")
    if text is None:
        text = "\n".join(theme.words.get(code, ()))
    return LanguageField(code, NAMES[code], text, min(max(text.count("\n") + 2, 4), 14), wrong.get(code, ""))


def _change(one: Version, before: Version | None) -> Change:
    return Change(_what(one, before), one.by, view.short_day(one.at), one.version)


def _what(one: Version, before: Version | None) -> str:
    if before is None:
        return "taken in"
    if one.retired != before.retired:
        return "used no more" if one.retired else "used again"
    told = []
    if one.name != before.name:
        told.append(f"called “{one.name}” instead of “{before.name}”")
    if one.department != before.department:
        told.append(f"for {one.department} instead of {before.department}")
    came = _only(one.words, before.words)
    went = _only(before.words, one.words)
    told += [f"added {came}"] if came else []
    told += [f"removed {went}"] if went else []
    return "; ".join(told) or "the same"


def _only(here: Mapping[str, Sequence[str]], there: Mapping[str, Sequence[str]]) -> str:
    words = [
        f"“{one}” ({code})" for code, some in sorted(here.items()) for one in some if one not in there.get(code, ())
    ]
    more = f" and {len(words) - PER_LANGUAGE} more" if len(words) > PER_LANGUAGE else ""
    return ", ".join(words[:PER_LANGUAGE]) + more
