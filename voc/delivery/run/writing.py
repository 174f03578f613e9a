"""One message of the chase: from a claimed step to a draft, its bytes frozen and encrypted."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime
from functools import cached_property

from msgspec.structs import replace

from voc.base.errors import Refused
from voc.base.preferences import Preferences
from voc.base.secrets import Vault
from voc.base.settings import Settings, sees_replies
from voc.base.tokens import Tokens, hash_token
from voc.base.words import MessageKind, Step
from voc.campaigns.calendar import local_day
from voc.campaigns.definition import Language, Mail, Questionnaire
from voc.campaigns.model import DueStep
from voc.delivery import dkim, headers, mime, render, rules, stencil
from voc.delivery.model import Party, Unsealed
from voc.delivery.providers import echo
from voc.delivery.run import keeping
from voc.delivery.store.outbox import Draft, Earlier

_HERE = "here@voc.invalid"  # stands for a mail's own address until it has one


class Office:
    """What every mail is made with. One for a batch: what its mails share is made once."""

    def __init__(
        self,
        vault: Vault,
        tokens: Tokens,
        settings: Settings,
        wanted: Preferences,
        *,
        now: datetime,
        providers: Collection[str] = (),
    ) -> None:
        """`providers`: those that tell us by webhook what becomes of a mail."""
        self.vault, self.tokens, self.settings, self.wanted = vault, tokens, settings, wanted
        self.date, self._now = format_datetime(now), now
        self._signer = dkim.signer(settings)
        self._origins: dict[tuple[str | None, str | None], tuple[str, str]] = {}
        self._stencils: dict[tuple[object, ...], stencil.Stencil | None] = {}
        self._sees_replies = sees_replies(settings)
        self._providers = providers

    @cached_property
    def own_domain(self) -> str:
        return self.settings.mail.from_address.rpartition("@")[2]

    @cached_property
    def house(self) -> Party:
        return Party(self.wanted.company, self.settings.mail.from_address)

    @cached_property
    def _return_domain(self) -> str:
        return self.settings.mail.bounce_domain or self.own_domain

    def return_path(self, id: str) -> str:
        return f"b-{id}@{self._return_domain}"

    def message_id(self, id: str) -> str:
        return f"<{id}@{self.own_domain}>"

    def signed(self, mail: bytes, *, sender: str) -> bytes:
        """Where we sign for the sender's domain."""
        if self._signer is not None and self._signer.signs_for(sender):
            return self._signer.sign(mail, now=self._now)
        return mail

    def frozen(self, mail: bytes, *, sender: str) -> bytes:
        """Signed, then encrypted: it holds live links."""
        return self.vault.seal(self.signed(mail, sender=sender))

    def echoed(self, id: str) -> headers.Headers:
        """What a provider gives back in its events."""
        return echo.headers(self.message_id(id), providers=self._providers) if self._providers else ()

    def random_id(self) -> str:
        """32 small letters and digits: it survives a server that changes the case of an address."""
        return hash_token(self.tokens.new())[:32]

    def recipient(self, address: str) -> str:
        return self.wanted.test_address if self.wanted.test_mode and self.wanted.test_address else address

    def origin(self, csm_name: str | None, csm_email: str | None, id: str) -> tuple[str, str]:
        """The header lines that say whom a mail is from, and the From's address; Refused if it fits no header.

        Where replies come to us too, the return path of the mail takes them: whoever answers stops the chase.
        """
        known = self._origin(csm_name, csm_email)
        return (known[0].replace(_HERE, self.return_path(id)), known[1]) if self._sees_replies else known

    def stencil(
        self, asked: Questionnaire, language: Language, letter: render.Letter, values: Sequence[str]
    ) -> stencil.Stencil | None:
        """Found once for all mails of a batch that are cut alike."""
        if letter.heads_up_text is not None or letter.thanks is not None:
            return None
        widths = stencil.widths_of(values)
        alike = asked.hash, language.code, letter.step, letter.confidential, widths
        if alike not in self._stencils:
            self._stencils[alike] = stencil.stencil(asked, language, letter, widths)
        return self._stencils[alike]

    def _origin(self, csm_name: str | None, csm_email: str | None) -> tuple[str, str]:
        """The same for every mail of a CSM."""
        known = self._origins.get((csm_name, csm_email))
        if known is None:
            person = Party(csm_name, csm_email) if csm_name and csm_email else None
            sender, answers = rules.sender(
                person, house=self.house, authenticated=self.settings.mail.authenticated_domains
            )
            ours = _HERE if self._sees_replies else None
            lines = mime.origin(sender, rules.reply_to(sender, answers, house=self.house, ours=ours))
            known = self._origins[csm_name, csm_email] = lines, sender.address
        return known


def written(
    office: Office,
    asked: Questionnaire,
    step: DueStep,
    earlier: Sequence[Earlier],
    *,
    thanks: render.Thanked | None = None,
) -> tuple[Draft, dict[str, str]]:
    """One message of the chase, and the tokens of its links by purpose. Held if its headers cannot be made.

    With `thanks` it is the mail of thanks, in the thread of that step.
    """
    language = asked.language(step.language)
    tokens = {"unsubscribe": office.tokens.new()}
    worded_as = _worded_as(language, step)
    if thanks is not None or render.opens_page(asked, language, worded_as, own_words=step.heads_up_text):
        tokens["answer"] = office.tokens.new()
    at = {"company": office.wanted.company, "base_url": office.settings.base_url}
    letter = letter_of(step, tokens, **at, worded_as=worded_as)
    if thanks is not None:
        letter = replace(letter, thanks=thanks)
    id = office.random_id()
    subject, content = _content(office, asked, language, letter, step=step, earlier=earlier, id=id)
    try:
        origin, sender = office.origin(step.csm_name, step.csm_email, id)
        head = _head(office, step, letter, subject, origin=origin, earlier=earlier, id=id)
        opened, held_because = content.signed(office, head, sender=sender, secrets=tokens.values()), None
    except Refused as refusal:
        opened, held_because = None, refusal.reason
    draft = Draft(
        key=f"inv:{step.invitation_id}:{step.step}",
        kind=MessageKind.CHASE,
        invitation_id=step.invitation_id,
        wave_id=step.wave_id,
        step=step.step,
        contact_id=step.contact_id,
        address=step.address,
        recipient=office.recipient(step.address),
        return_path=office.return_path(id),
        subject=subject,
        message_id=office.message_id(id),
        body=None if opened is None else keeping.sealed(office.vault, opened),
        due_at=step.due_at,
        give_up_at=step.give_up_at,
        held_because=held_because,
        opened=opened,
        shared=content.cut.shared if content.cut is not None else None,
    )
    return draft, tokens


@dataclass(frozen=True)
class _Content:
    """A MIME body; where it was cut, also what it was filled with."""

    body: bytes
    cut: stencil.Stencil | None = None
    fills: tuple[bytes, ...] = ()

    def signed(self, office: Office, head: bytes, *, sender: str, secrets: Iterable[str]) -> Unsealed:
        mail = office.signed(head + self.body, sender=sender)
        if self.cut is None:
            return Unsealed(mail)
        return Unsealed(mail, self.cut.own(mail[: -len(self.body)], self.fills, secrets))


def _content(
    office: Office,
    asked: Questionnaire,
    language: Language,
    letter: render.Letter,
    *,
    step: DueStep,
    earlier: Sequence[Earlier],
    id: str,
) -> tuple[str, _Content]:
    """Subject and MIME body: out of a stencil, or else the plain way."""
    own_subject = letter.heads_up_text is not None or letter.thanks is not None
    kept = None if own_subject else _thread_subject(language, letter.step, earlier)
    border = mime.border(office.message_id(id))
    if not office.wanted.test_mode:
        values = stencil.values_of(letter, language)
        cut = office.stencil(asked, language, letter, values)
        if cut is not None:
            fills = cut.filling(values, border=border)
            return kept or cut.subject_line(values), _Content(cut.body(fills), cut, fills)
    rendered = render.render(asked, language, letter)
    if kept is not None:
        rendered = render.with_subject(rendered, kept, address=step.address)
    if office.wanted.test_mode:
        rendered = render.for_test(rendered, name=letter.name, address=step.address)
    return rendered.subject, _Content(mime.body(rendered.text, rendered.html, border=border))


def _thread_subject(language: Language, step: Step, earlier: Sequence[Earlier]) -> str | None:
    """A reminder keeps the invitation's subject: mail programs show both as one thread. The last has its own."""
    reminds = step is Step.REMINDER_1 or (step is Step.REMINDER_2 and Mail.REMINDER_2 in language.mails)
    return next((one.subject for one in earlier if one.step is Step.INVITE), None) if reminds else None


def _worded_as(language: Language, step: DueStep) -> Step:
    """A second reminder without words of its own takes those of the last mail; not while a last call follows."""
    borrows = step.step is Step.REMINDER_2 and Mail.REMINDER_2 not in language.mails
    return Step.REMINDER_1 if borrows and not step.last_step else step.step


def _head(
    office: Office,
    step: DueStep,
    letter: render.Letter,
    subject: str,
    *,
    origin: str,
    earlier: Sequence[Earlier],
    id: str,
) -> bytes:
    before = [one.message_id for one in earlier] if step.step is not Step.INVITE else []
    link = f"{office.settings.base_url}/u/{letter.unsubscribe_token}"
    return mime.head(
        origin=origin,
        to=Party(letter.name, office.recipient(step.address)),
        subject_line=subject,
        message_id=office.message_id(id),
        date=office.date,
        more=(
            *headers.threaded(before),
            *headers.list_unsubscribe(link),
            *(headers.original_to(step.address) if office.wanted.test_mode else ()),
            *office.echoed(id),
        ),
    )


def letter_of(
    step: DueStep, tokens: Mapping[str, str], *, company: str, base_url: str, worded_as: Step | None = None
) -> render.Letter:
    """What the mail of that step says to whom; `tokens` of its links by purpose."""
    return render.Letter(
        step=worded_as or step.step,
        first_name=step.first_name,
        name=" ".join([part for part in (step.first_name, step.last_name) if part]),
        account=step.account_name,
        company=company,
        csm_name=step.csm_name,
        csm_title=step.csm_title,
        closes_on=None if step.step is Step.HEADS_UP else local_day(step.closes_at, step.time_zone),
        base_url=base_url,
        answer_token=tokens.get("answer"),
        unsubscribe_token=tokens["unsubscribe"],
        you_said=step.you_said,
        heads_up_text=step.heads_up_text,
        confidential=step.confidential,
    )
