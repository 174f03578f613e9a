"""Templates of mails and page words: Jinja2 in a sandbox, with a fixed list of variables.

A misspelt variable is a mistake when the files are checked, never a hole in a mail.
"""

from collections.abc import Mapping
from difflib import get_close_matches
from functools import lru_cache
from types import MappingProxyType

from jinja2 import StrictUndefined, Template, TemplateSyntaxError
from jinja2.exceptions import TemplateError
from jinja2.meta import find_undeclared_variables
from jinja2.sandbox import ImmutableSandboxedEnvironment
from markupsafe import Markup

COMMON: Mapping[str, str] = MappingProxyType(
    {
        "first_name": "the contact's first name; empty when the CRM has none",
        "name": "the contact's whole name",
        "account": "the contact's company",
        "company": "our company",
        "csm_name": "who asks: the CSM's name, or the company's when the account has none",
        "csm_title": "the CSM's title",
        "closing_date": "the last day of this invitation, such as 22 December; empty before it was sent",
        "minutes": "how many minutes it takes, rounded up",
        "seconds": "how many seconds it takes",
        "questions": "how many questions, as a word",
    }
)
MAIL: Mapping[str, str] = MappingProxyType(
    {
        **COMMON,
        "scale": "the first question with its scale as links; stands alone in its paragraph",
        "you_said": "a list of lines: what came of the last answer; may be empty",
        "answer_link": "opens the page",
        "colleague_link": "opens the page where a colleague is named",
        "ways_link": "opens the page where one says moved, left, not now",
        "unsubscribe_link": "never again",
        "about_link": "what we keep",
        "score": "the score given, empty without one (thanks only); in `point` the point of the scale",
        "low": "the lowest point of the scale (`scale_ends` only)",
        "high": "the highest point of the scale (`scale_ends` and `point`)",
        "low_means": "what the lowest point means, in the question's words (`scale_ends` only)",
        "high_means": "what the highest point means (`scale_ends` only)",
        "next_by": "the day by which the CSM gets back (thanks only)",
        "confidential": "not empty where answers are confidential: nobody reads them with a name",
    }
)
PAGE: Mapping[str, str] = MappingProxyType(
    {
        **COMMON,
        "person": "the contact's name, set in bold",
        "count": "a number that belongs to the sentence, as a word",
        "limit": "a number that belongs to the sentence, in figures",
        "low": "the lowest point of a scale",
        "high": "the highest point of a scale",
        "score": "the score given",
        "answered_on": "when the answer was given",
        "next_by": "the day by which the CSM gets back",
        "domains": "the account's own mail domains",
        "address": "the mail address meant",
        "lead": "who leads the CSM",
    }
)

Value = str | int | list[str] | None

# Words for pages are escaped, mails are not: the renderer of a mail escapes for its own format.
_PAGE = ImmutableSandboxedEnvironment(autoescape=True, undefined=StrictUndefined)
_MAIL = ImmutableSandboxedEnvironment(
    autoescape=False, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True, keep_trailing_newline=False
)
for _environment in (_PAGE, _MAIL):
    _environment.globals.clear()


def wrong_in(source: str, variables: Mapping[str, str]) -> list[tuple[str, str, int]]:
    """What is wrong with a template: problem, mend and line (from 1) of each."""
    if not any(begins in source for begins in ("{{", "{%", "{#")):
        return []  # words alone, as most texts are: a worker that starts has two hundred of them to read
    try:
        tree = _MAIL.parse(source)
        _MAIL.compile(tree)
    except TemplateSyntaxError as mistake:
        return [
            (
                f"the template cannot be read: {mistake.message}",
                "Write {{ variable }} or {% if %} ... {% endif %}",
                mistake.lineno,
            )
        ]
    unknown = sorted(find_undeclared_variables(tree) - set(variables))
    if unknown:
        return [(f"there is no variable {name!r}", _meant(name, variables), _line_of(name, source)) for name in unknown]
    return _wrong_when_filled_in(source, variables)


def _wrong_when_filled_in(source: str, variables: Mapping[str, str]) -> list[tuple[str, str, int]]:
    """Filled in twice, with every value there and with every value empty, as a mail would be."""
    for text, lines in (("x", ["x"]), ("", [])):
        values = {name: lines if name == "you_said" else text for name in variables}
        try:
            _MAIL.from_string(source).render(values)
        except (TemplateError, TypeError, ValueError, ArithmeticError, LookupError) as mistake:
            return [(f"the template cannot be filled in: {mistake}", "Use only variables, if and for", 1)]
    return []


def _meant(name: str, variables: Mapping[str, str]) -> str:
    near = get_close_matches(name, variables, n=1)
    return f"Write {near[0]}" if near else f"Use one of {', '.join(sorted(variables))}"


def _line_of(name: str, source: str) -> int:
    return next((number for number, line in enumerate(source.splitlines(), 1) if name in line), 1)


def render_mail(source: str, values: Mapping[str, Value]) -> str:
    """Fill in a mail's subject or body. Every variable of `MAIL` the text uses must be among the values.

    Values go in as they are: escape them first for the format the result becomes (Markdown, plain text).
    """
    return _compiled_mail(source).render(values)


def render_words(source: str, values: Mapping[str, object]) -> Markup:
    """Fill in words of a page, as HTML: the words are text and the values are escaped, so neither carries markup.

    A value that is `Markup` already (a name set in bold by us) goes in as it is.
    """
    # Escaped by its environment; quotes too, so that words may stand in an attribute.
    return Markup(_compiled_page(source).render(values).replace('"', "&#34;"))  # noqa: S704 - escaped


@lru_cache(maxsize=4096)
def variables_in(source: str) -> frozenset[str]:
    """The variables that a checked template uses."""
    return frozenset(find_undeclared_variables(_PAGE.parse(source)))


@lru_cache(maxsize=2048)
def _compiled_mail(source: str) -> Template:
    return _MAIL.from_string(source)


@lru_cache(maxsize=8192)
def _compiled_page(source: str) -> Template:
    return _PAGE.from_string(source.replace("&", "&amp;").replace("<", "&lt;"))
