"""The sentences of the recruiting list and the mail that asks for an introduction. Pure."""

from collections.abc import Sequence
from datetime import datetime

from voc.base.words import NotAsked, Role, Sign, SuggestionKind
from voc.stakeholders.model import Book, Freshness, Holder, Introduction, Place, Suggestion

ROLES = {
    Role.DECISION_MAKER: "decision maker",
    Role.BUDGET_HOLDER: "budget holder",
    Role.CHAMPION: "champion",
    Role.EXECUTIVE_SPONSOR: "executive sponsor",
    Role.INFLUENCER: "influencer",
    Role.END_USER: "end user",
}
# How to say the role to a customer, who has never heard our words for it.
_TO_A_CUSTOMER = {
    Role.DECISION_MAKER: "who decides about our work together",
    Role.BUDGET_HOLDER: "who holds the budget for our work together",
    Role.CHAMPION: "who would speak up for our work together",
    Role.EXECUTIVE_SPONSOR: "who answers for our work together in your management",
    Role.INFLUENCER: "whose advice counts when you decide about our work together",
    Role.END_USER: "who works with our product every day",
}
_SIGNS = {
    Sign.ANSWERED: "an answer",
    Sign.REPLIED: "a reply",
    Sign.OPTED_OUT: "an opt-out",
    Sign.MEETING: "a meeting",
    Sign.CONFIRMED: "confirmed by {source}",
    Sign.CLICKED: "a click",
    Sign.OUT_OF_OFFICE: "an out-of-office reply",
    Sign.EDITED: "entered by {source}",
}
_GONE = {
    NotAsked.LEFT: "has left",
    NotAsked.OPTED_OUT: "has opted out and is not asked again",
    NotAsked.COMPLAINED: "complained about our mail and is not asked again",
    NotAsked.SET_ASIDE: "is missing from the CRM",
}


def roles(held: Sequence[Role]) -> str:
    """ "champion", "champion and influencer", "decision maker, champion and influencer"."""
    names = [ROLES[role] for role in held]
    return f"{', '.join(names[:-1])} and {names[-1]}" if len(names) > 1 else "".join(names)


def ago(days: float) -> str:
    if days < 1:
        return "today"
    if days < 2:
        return "yesterday"
    if days < 60:
        return f"{int(days)} days ago"
    months = int(days / 30.4375)
    return f"{months} months ago" if months < 24 else f"{months // 12} years ago"


def date_of(moment: datetime) -> str:
    return f"{moment.day} {moment:%B %Y}"


def points_of_coverage(points: int) -> str:
    return f"+{points} {'point' if points == 1 else 'points'} of coverage"


def last_sign(freshness: Freshness, now: datetime) -> str:
    if freshness.sign is None:
        return "no sign of life yet"
    return f"last sign of life {ago((now - freshness.sign.at).total_seconds() / 86400)}"


def sign(freshness: Freshness) -> str:
    """ "Answered" and the like as a phrase with its day, or what ended it."""
    if freshness.sign:
        return f"{_SIGNS[freshness.sign.kind].format(source=freshness.sign.source)} on {date_of(freshness.sign.at)}"
    if freshness.ended:
        what = "mail bounced" if freshness.ended.kind == Sign.BOUNCED else "left"
        return f"{what} on {date_of(freshness.ended.at)}"
    return "nothing yet"


def gap(account: str, place: Place, points: int) -> str:
    lacking = place.required_count - sum(one.freshness.value >= place.fresh_cut for one in place.reachable)
    if place.required_count == 1:
        return f"{account} has no {ROLES[place.role]}: {points_of_coverage(points)}"
    return f"{account} lacks {lacking} of {place.required_count} {ROLES[place.role]}s: {points_of_coverage(points)}"


def why_empty(place: Place, introduction: Introduction | None, candidates: int) -> str:
    gone = [one for one in place.holders if one.why_not_reachable in _GONE]
    parts = [f"{one.name} {_GONE[one.why_not_reachable]}." for one in gone[:2] if one.why_not_reachable]
    if not place.holders:
        parts.append("Nobody has ever been named here.")
    if introduction:
        parts.append(f"{introduction.name} is the one to ask; a mail in your name is prepared.")
    else:
        parts.append("Nobody there can be reached by mail, so nobody can be asked for an introduction.")
    if candidates:
        people = "One person there is" if candidates == 1 else f"{candidates} people there are"
        parts.append(f"{people} in the CRM without a place.")
    return " ".join(parts)


def why_confirm(holder: Holder, held: Sequence[Role], points: int, cut: float) -> str:
    gain = f"{points_of_coverage(points)} if confirmed."
    if holder.freshness.sign is None:
        return f"Named as {roles(held)}; {_nothing_heard(holder.freshness)}. {gain}"
    # Rounded down: 69.6% must not read "70%, under the 70%".
    value = int(100 * holder.freshness.value)
    return (
        f"{roles(held).capitalize()}. Last was {sign(holder.freshness)}. "
        f"Freshness {value}%, under the {cut:.0%} we call fresh: {gain}"
    )


def _nothing_heard(freshness: Freshness) -> str:
    if freshness.ended is None:
        return "no meeting, answer or reply yet"
    return f"{sign(freshness)}, and nothing was heard since"


def why_no_address(holder: Holder, points: int) -> str:
    if holder.why_not_reachable == NotAsked.NO_ADDRESS:
        return f"No usable address is in the CRM: {points_of_coverage(points)} with one. Correct it there."
    when = f" on {date_of(holder.freshness.ended.at)}" if holder.freshness.ended else ""
    what = f"Mail to {holder.address or 'the address'} bounced{when}; it is not used again"
    return f"{what}. Correct it in the CRM, or say on their page that the mailbox works again."


def suggested(said: Suggestion, held: Sequence[Role]) -> str:
    who = said.contact_name or "a contact"
    named = said.name or said.address or "a colleague"
    as_role = f" as {ROLES[said.role]}" if said.role else ""
    if said.kind == SuggestionKind.REFERRAL:
        return f"{who} says: ask {named}{as_role}"
    if said.kind == SuggestionKind.SUCCESSOR:
        return f"Add {named}{as_role}: named as successor of {who}"
    if said.kind == SuggestionKind.LEFT:
        return f"Has {who} left?" + (f" The reply names {named}" if said.name or said.address else "")
    if said.kind == SuggestionKind.CHANGED_ROLE:
        return f"Has {who} changed roles?"
    return f"Find an address for {who}" + (f", {roles(held)}" if held else "")


def why_suggested(said: Suggestion, held: Sequence[Role], points: int) -> str:
    parts = [f"“{said.quote.strip()}”"] if said.quote and said.quote.strip() else []
    if said.kind in (SuggestionKind.REFERRAL, SuggestionKind.SUCCESSOR):
        if points and said.role:
            parts.append(f"{points_of_coverage(points)} as {ROLES[said.role]}.")
    elif held:
        worth = f", {points} points of coverage" if points else ""
        parts.append(f"{said.contact_name or 'The contact'} is {roles(held)}{worth}.")
    parts.append(f"Since {date_of(said.created_at)}.")
    return " ".join(parts)


def introduction(to: Holder, role: Role, account: Book, *, company: str) -> tuple[str, str]:
    """Subject and body, for the CSM to read, change and send."""
    name = to.first_name or to.name
    subject = f"A short introduction at {account.name}?"
    body = (
        f"Hello {name},\n\n"
        f"I would like to get to know the person at {account.name} {_TO_A_CUSTOMER[role]}. "
        "Would you introduce me, or tell me whom to write to?\n\n"
        "Now and then I would ask that person, as I ask you, what works and what does not, "
        "so that we mend what matters to you.\n\n"
        "Thank you,\n"
        f"{account.csm_name or company}" + (f"\n{company}" if account.csm_name else "")
    )
    return subject, body
