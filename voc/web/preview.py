"""A questionnaire to look at before anybody gets it: its pages and its mails as files, with an invented person."""

from datetime import UTC, datetime
from pathlib import Path

from voc.base.preferences import Preferences
from voc.base.words import Role, Step
from voc.campaigns.definition import Language, Questionnaire
from voc.campaigns.questionnaire import load, read_folder
from voc.delivery.render import Letter, render
from voc.responses.model import Door, Opened, Thanks
from voc.web.respondent_html import draw, html_of, setting_of
from voc.web.respondent_thanks import thanks_page
from voc.web.respondent_view import form_page

_ASKED_AT = datetime(2026, 12, 1, 9, 0, tzinfo=UTC)
_CLOSES_AT = datetime(2026, 12, 22, 9, 0, tzinfo=UTC)
_COMPANY = "Your company"
_BASE_URL = "https://feedback.example.com"
_NOWHERE = "preview"  # every link of it


def preview(folder: Path, name: str, language: str, out_dir: Path) -> list[Path]:
    """Write pages and mails of the questionnaire `name` below `out_dir`; what was written.

    QuestionnaireMistakes when its files have mistakes. A language it does not have falls back as a mail would.
    """
    asked = load(read_folder(folder, name))
    spoken = asked.language(language)
    texts = {**_pages(asked, spoken), **_mails(asked, spoken)}
    out_dir.mkdir(parents=True, exist_ok=True)
    for file, text in texts.items():
        (out_dir / file).write_text(text, "utf-8")
    return [out_dir / file for file in texts]


def _pages(asked: Questionnaire, spoken: Language) -> dict[str, str]:
    wanted = Preferences(company=_COMPANY)
    person = _somebody(asked, spoken)
    setting = setting_of(asked, person, None)
    page = Opened(person, asked, _NOWHERE, {}, ("example.com",))
    form, say = form_page(page, token=_NOWHERE, query="", language=spoken, now=_ASKED_AT, draw=draw)
    texts = {"page.html": html_of(setting, "q/form.html", {"page": form, "w": say})}
    for kind, call, hear in (("thanks", False, False), ("thanks-call", True, False), ("thanks-offer", False, True)):
        found = Thanks(person, asked, _ASKED_AT, 8, call, hear)
        built, say = thanks_page(found, token=_NOWHERE, query="", language=spoken, preferences=wanted, now=_ASKED_AT)
        texts[f"{kind}.html"] = html_of(setting, "q/thanks.html", {"thanks": built, "w": say})
    return texts


def _mails(asked: Questionnaire, spoken: Language) -> dict[str, str]:
    texts = {}
    for step in (Step.HEADS_UP, Step.INVITE, Step.REMINDER_1, Step.REMINDER_2):
        letter = Letter(
            step=step,
            first_name="Ana",
            name="Ana Ruiz",
            account="Calder & Moss Foods",
            company=_COMPANY,
            csm_name="Dana Whitlock",
            csm_title="Customer Success Manager",
            closes_on=None if step is Step.HEADS_UP else _CLOSES_AT.date(),
            base_url=_BASE_URL,
            unsubscribe_token=_NOWHERE,
            answer_token=_NOWHERE,
            you_said=("You said nobody picks up at night. We did: there is a named night contact since February.",),
        )
        rendered = render(asked, spoken, letter)
        texts[f"{step}.txt"] = f"Subject: {rendered.subject}\n\n{rendered.text}"
        texts[f"{step}.html"] = rendered.html
    return texts


def _somebody(asked: Questionnaire, spoken: Language) -> Door:
    return Door(
        link_id=None,
        created_at=None,
        invitation_id=0,
        wave_closed=False,
        version_id=0,
        version_hash=asked.hash,
        contact_id=_NOWHERE,
        first_name="Ana",
        last_name="Ruiz",
        address="ana.ruiz@example.com",
        account_id=_NOWHERE,
        account_name="Calder & Moss Foods",
        csm_id=_NOWHERE,
        csm_name="Dana Whitlock",
        csm_email="dana.whitlock@example.com",
        csm_title="Customer Success Manager",
        csm_time_zone=None,
        lead_name="Ingrid Solheim",
        roles=tuple(Role),
        language=spoken.code,
        time_zone="UTC",
        closes_at=_CLOSES_AT,
        answered_at=None,
        disposition=None,
        confidential=False,
        company=_COMPANY,
    )
