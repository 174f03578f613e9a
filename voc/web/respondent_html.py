"""The respondent's templates: a whole page as text, and as an answer with its headers."""

import gzip
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from litestar import Response
from litestar.enums import MediaType
from markupsafe import Markup

from voc.campaigns.definition import Language, Questionnaire
from voc.responses.model import Door
from voc.web.given import AnyRequest
from voc.web.respondent_fields import Field
from voc.web.respondent_style import policy, style_of

Page = Response[bytes]

_TEMPLATES = Environment(
    loader=PackageLoader("voc.web"), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
)


@dataclass(frozen=True)
class Setting:
    """What every page is written with."""

    company: str
    language: Language
    others: tuple[Language, ...]
    style: str
    query: str = ""  # what keeps the language over the next click, if it is not the person's own


def setting_of(asked: Questionnaire, door: Door, wanted: str | None) -> Setting:
    """Of a page of that person, in the language that is wanted or else theirs."""
    language = asked.language(wanted or door.language)
    query = "" if language is asked.language(door.language) else f"?lang={language.code}"
    return Setting(door.company, language, others_than(language, asked), style_of(asked), query)


def others_than(language: Language, asked: Questionnaire) -> tuple[Language, ...]:
    return tuple(one for one in asked.languages.values() if one is not language)


def draw(field: Field) -> Markup:
    drawn: Markup = _macros().question(field)
    return drawn


@lru_cache(maxsize=1)
def _macros() -> Any:
    return _TEMPLATES.get_template("q/fields.html").module


def html_of(setting: Setting, template: str, context: Mapping[str, Any]) -> str:
    """A whole page as text."""
    return _TEMPLATES.get_template(template).render(
        language=setting.language,
        others=setting.others,
        company=setting.company,
        style=Markup(setting.style),  # noqa: S704 - our own sheet, and rules made of checked keys
        **context,
    )


def rendered(
    request: AnyRequest, setting: Setting, template: str, context: Mapping[str, Any], *, status: int = 200
) -> Page:
    body = html_of(setting, template, context).encode()
    packed = takes_gzip(request)
    return answered(gzip.compress(body, compresslevel=5, mtime=0) if packed else body, setting, packed, status=status)


def takes_gzip(request: AnyRequest) -> bool:
    return "gzip" in request.headers.get("accept-encoding", "")


def answered(body: bytes, setting: Setting, packed: bool, *, status: int = 200) -> Page:
    """Nobody may keep it, nobody learns where one came from, and nothing runs but what it names."""
    headers = {
        "Content-Security-Policy": policy(setting.style),
        "Referrer-Policy": "no-referrer",
        "Cache-Control": "no-store",
        "X-Robots-Tag": "noindex",
        "Vary": "Accept-Encoding",
    }
    if packed:
        headers["Content-Encoding"] = "gzip"
    return Response(body, media_type=MediaType.HTML, status_code=status, headers=headers)
