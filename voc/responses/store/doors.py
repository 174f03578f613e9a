"""What a token opens: one invitation with everybody named on its page, and the questionnaire it was sent with."""

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, and_, bindparam, select

from voc.base.access import Viewer, visible_accounts
from voc.base.choices import Preferences
from voc.base.schema import account, contact, csm, invitation, link, questionnaire_version, rendering, setting, wave
from voc.base.tokens import hash_token
from voc.base.words import Disposition, RecordState, Role, WaveState
from voc.campaigns.definition import Questionnaire
from voc.campaigns.questionnaire import load
from voc.responses.model import Door, Draft, Purpose, Rendering

_ADDRESSES = 200  # of one account, enough to know its domains
# Statements that every answer runs are built once: building one takes longer than running it.
_BY_HASH: dict[str, Questionnaire] = {}  # by content: what a hash stands for never changes


_lead = csm.alias("lead")
_DOOR = (
    select(
        invitation.c.id.label("invitation_id"),
        wave.c.state.label("wave_state"),
        questionnaire_version.c.id.label("version_id"),
        questionnaire_version.c.hash.label("version_hash"),
        invitation.c.contact_id,
        contact.c.first_name,
        contact.c.last_name,
        invitation.c.address,
        invitation.c.account_id,
        account.c.name.label("account_name"),
        csm.c.id.label("csm_id"),
        csm.c.name.label("csm_name"),
        csm.c.email.label("csm_email"),
        csm.c.title.label("csm_title"),
        csm.c.time_zone.label("csm_time_zone"),
        _lead.c.name.label("lead_name"),
        invitation.c.roles,
        invitation.c.language,
        invitation.c.time_zone,
        invitation.c.closes_at,
        invitation.c.answered_at,
        invitation.c.disposition,
        invitation.c.confidential,
        # In the same look-up: every page needs the name, few need anything else that an owner sets.
        select(setting.c.value).where(setting.c.key == "company").scalar_subquery().label("company"),
    )
    .join(wave, wave.c.id == invitation.c.wave_id)
    .join(questionnaire_version, questionnaire_version.c.id == wave.c.questionnaire_version_id)
    .join(contact, contact.c.id == invitation.c.contact_id)
    .join(account, account.c.id == invitation.c.account_id)
    .outerjoin(csm, csm.c.id == invitation.c.csm_id)
    .outerjoin(_lead, _lead.c.id == csm.c.manager_id)
)


# Built once: building it takes longer than running it.
_DOOR_OF_LINK = (
    _DOOR.add_columns(link.c.id.label("link_id"), link.c.created_at)
    .join(link, link.c.invitation_id == invitation.c.id)
    .where(link.c.token_hash == bindparam("token_hash"), link.c.purpose == bindparam("purpose"))
)


def door(db: Connection, token: str, purpose: Purpose) -> Door | None:
    """What the token opens, or None; one look-up by its hash, whatever the token is."""
    row = db.execute(_DOOR_OF_LINK, {"token_hash": hash_token(token), "purpose": purpose}).first()
    return None if row is None else _as_door(dict(row._mapping))


_DOOR_AND_RENDERING = _DOOR_OF_LINK.add_columns(
    rendering.c.id.label("rendering_id"),
    rendering.c.link_id.label("rendering_link_id"),
    rendering.c.at,
    rendering.c.source,
    rendering.c.trapped_at,
).outerjoin(
    rendering,
    and_(rendering.c.nonce_hash == bindparam("nonce_hash"), rendering.c.invitation_id == invitation.c.id),
)


def door_and_rendering(
    db: Connection, token: str, purpose: Purpose, nonce: str
) -> tuple[Door, Rendering | None] | tuple[None, None]:
    """What the token opens, and the page with that nonce if it was served for this invitation: in one look-up."""
    sought = {"token_hash": hash_token(token), "purpose": purpose, "nonce_hash": hash_token(nonce)}
    row = db.execute(_DOOR_AND_RENDERING, sought).first()
    if row is None:
        return None, None
    values = dict(row._mapping)
    id, at, source, trapped_at = (values.pop(name) for name in ("rendering_id", "at", "source", "trapped_at"))
    page_link = values.pop("rendering_link_id")
    opened = _as_door(values)
    served = None if id is None else Rendering(id, opened.invitation_id, page_link, at, source, trapped_at)
    return opened, served


def door_for_phone(db: Connection, invitation_id: int, viewer: Viewer) -> tuple[Door, datetime | None] | None:
    """The invitation of somebody at an account that the viewer may see; no link leads there.

    With the moment it was sent.
    """
    query = _DOOR.add_columns(invitation.c.sent_at)
    row = db.execute(query.where(invitation.c.id == invitation_id, visible_accounts(viewer))).first()
    if row is None:
        return None
    values = {**row._mapping, "link_id": None, "created_at": None}
    sent_at = values.pop("sent_at")
    return _as_door(values), sent_at


def _as_door(values: dict[str, Any]) -> Door:
    values["wave_closed"] = values.pop("wave_state") in (WaveState.CLOSED, WaveState.STOPPED)
    values["roles"] = tuple(Role(role) for role in values["roles"])
    values["disposition"] = None if values["disposition"] is None else Disposition(values["disposition"])
    values["company"] = values["company"] or Preferences().company
    return Door(**values)


def questionnaire(db: Connection, opened: Door | Draft) -> Questionnaire:
    """The definition that the wave was sent with."""
    if opened.version_hash not in _BY_HASH:
        files = db.execute(
            select(questionnaire_version.c.files).where(questionnaire_version.c.id == opened.version_id)
        ).scalar_one()
        _BY_HASH[opened.version_hash] = load(files)
    return _BY_HASH[opened.version_hash]


_ADDRESSES_OF = (
    select(contact.c.email)
    .where(contact.c.account_id == bindparam("account_id"), contact.c.email.is_not(None))
    .where(contact.c.state == RecordState.LIVE)
    .order_by(contact.c.id)
    .limit(_ADDRESSES)
)


def account_addresses(db: Connection, account_id: str) -> list[str]:
    rows = db.execute(_ADDRESSES_OF, {"account_id": account_id})
    return [address for address in rows.scalars() if address is not None]
