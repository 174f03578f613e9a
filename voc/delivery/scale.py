"""The first question's scale in a mail: a link for each score, as text and as cells that hold on a phone."""

from voc.campaigns.definition import Kind, Language, Question
from voc.delivery.markdown import escaped

_HEADING = '<h1 class="ink" style="margin:24px 0 10px;font-size:18px;line-height:24px;color:#17212a;">'
# 6 cells of 44 px with their gaps fit beside each other on a phone of 320 px; the two rows become one where
# there is room for 11. Outlook for Windows knows no inline-block and gets a table instead.
_CELL = (
    "display:inline-block;width:42px;height:42px;line-height:42px;margin:0 3px 4px 0;border:1px solid #7d858d;"
    "border-radius:8px;background-color:#ffffff;color:#0b5a78;font-size:16px;font-weight:bold;text-align:center;"
    "text-decoration:none;"
)
_MSO_ROW = '<!--[if mso]><table role="presentation" cellspacing="3" cellpadding="0" border="0"><tr><![endif]-->'
_MSO_CELL = '<!--[if mso]><td width="44" height="44" align="center" style="border:1px solid #7d858d;"><![endif]-->'


def _asked(question: Question, language: Language) -> str:
    return question.text.get(language.code) or next(iter(question.text.values()))


def _points(question: Question) -> list[int]:
    return list(range(question.lowest, question.highest + 1)) if question.kind is Kind.SCALE else []


def as_text(question: Question, language: Language) -> str:
    asked = f"{{% filter upper %}}{_asked(question, language)}{{% endfilter %}}"
    points = _points(question)
    if not points:
        return f"{asked}\n\n  {{{{ answer_link }}}}"
    width = len(str(points[-1])) + 1
    links = "\n".join(f"{point:>{width}}  {{{{ answer_link }}}}?score={point}" for point in points)
    return f"{asked}\n{_ends(question, language)}\n\n{language.mail['scale_open']}\n\n{links}"


def _ends(question: Question, language: Language) -> str:
    """What the ends of this scale mean: the question's own words in the language's sentence."""
    means = {
        name: texts.get(language.code) or next(iter(texts.values()), "")
        for name, texts in (("low_means", question.low), ("high_means", question.high))
    }
    values: dict[str, str | int] = {"low": question.lowest, "high": question.highest, **means}
    # Texts of a question are templates themselves: they are filled in with the rest.
    told = "".join(f"{{% set {name} %}}{value}{{% endset %}}" for name, value in values.items())
    return told + language.mail["scale_ends"]


def as_html(question: Question, language: Language) -> str:
    heading = f"{_HEADING}{escaped(_asked(question, language))}</h1>"
    points = _points(question)
    if not points:
        return heading + _button(language)
    half = (len(points) + 1) // 2 if len(points) > 6 else len(points)
    rows = "".join(_row(part, points[-1], language) for part in (points[:half], points[half:]) if part)
    below = escaped(f"{_ends(question, language)} {language.mail['scale_tap']}")
    note = f'<p class="soft" style="margin:2px 0 22px;color:#47525d;font-size:14px;line-height:20px;">{below}</p>'
    return f'{heading}\n<div role="group">{rows}</div>\n{note}'


def _row(points: list[int], highest: int, language: Language) -> str:
    cells = "".join(
        f'{_MSO_CELL}<a class="link cell" href="{{{{ answer_link }}}}?score={point}"'
        f' aria-label="{_point(point, highest, language)}" style="{_CELL}">{point}</a><!--[if mso]></td><![endif]-->'
        for point in points
    )
    close = "<!--[if mso]></tr></table><![endif]-->"
    return f'{_MSO_ROW}<div style="display:inline-block;white-space:nowrap;font-size:0;">{cells}</div>{close}'


def _point(point: int, highest: int, language: Language) -> str:
    words = escaped(language.mail["point"])
    return f'{{% with score = "{point}", high = "{highest}" %}}{words}{{% endwith %}}'


def _button(language: Language) -> str:
    style = (
        "display:inline-block;padding:10px 22px;border-radius:8px;background-color:#0b5a78;color:#ffffff;"
        "font-weight:bold;text-decoration:none;"
    )
    words = escaped(language.mail["scale_tap"])
    return f'<p style="margin:0 0 22px;"><a class="go" href="{{{{ answer_link }}}}" style="{style}">{words}</a></p>'
