"""Chapter two: people answer, a machine only looks, and mails come back."""

import pytest
from sqlalchemy import select

from tests.flow.story import COMPLAINT, Story
from voc.base import schema
from voc.base.words import InboundKind, SuggestionKind, SuppressionReason
from voc.stakeholders import store as stakeholders

pytestmark = pytest.mark.slow


def test_a_gateway_that_opens_every_link_leaves_nothing_but_hits(told: Story) -> None:
    written = {name: count for name, count in told.after_gateway.items() if count}
    assert set(written) == {"hit", "rendering"}
    assert written["hit"] > 100


def test_who_answered_is_thanked_and_who_declined_is_let_go(told: Story) -> None:
    assert "Thank you" in told.headings["phone"]
    assert "Thank you" in told.headings["desktop"]
    assert told.headings["never"] == "You will not be asked again."


def test_an_answer_is_kept_as_it_was_given(told: Story) -> None:
    with told.app.database.read() as db:
        query = (
            select(schema.invitation.c.address, schema.response.c.score, schema.answer.c.question, schema.answer.c.text)
            .join(schema.response, schema.response.c.invitation_id == schema.invitation.c.id)
            .join(schema.answer, schema.answer.c.response_id == schema.response.c.id)
        )
        kept = [tuple(row) for row in db.execute(query)]
    assert (told.cast["phone"].recipient, 3, "why", COMPLAINT) in kept
    assert (told.cast["desktop"].recipient, 9, "reference", None) in kept
    assert {address for address, *_ in kept} == {told.cast[who].recipient for who in ("phone", "desktop", "untouched")}


@pytest.mark.parametrize("who", ["phone", "desktop", "untouched", "never", "bounced", "left"])
def test_the_chase_of_whoever_answered_opted_out_bounced_or_left_is_over(told: Story, who: str) -> None:
    mails = told.post.to(told.cast[who].recipient)
    assert [mail for mail in mails if mail.at >= told.acted_at[who]] == []
    assert sum(mail.asks for mail in mails) == 1


def test_everybody_else_is_reminded_twice_at_most_and_somebody_is(told: Story) -> None:
    asked = [sum(mail.asks for mail in told.post.to(address)) for address in {m.recipient for m in told.post.mails}]
    assert max(asked) == 3
    assert asked.count(3) > 100


def test_what_came_back_is_understood_and_becomes_a_suggestion(told: Story) -> None:
    assert told.received == {"bounced": InboundKind.HARD_BOUNCE, "left": InboundKind.LEFT}
    with told.app.database.read() as db:
        found = {one.kind: one for one in stakeholders.suggestions(db, told.owner, state=None)}
        gone = [one.reason for one in stakeholders.suppressions(db, told.cast["bounced"].recipient)]
    assert {SuggestionKind.BOUNCED, SuggestionKind.LEFT, SuggestionKind.SUCCESSOR} <= set(found)
    assert found[SuggestionKind.SUCCESSOR].name == "Simon Achebe"
    assert gone == [SuppressionReason.BOUNCED]
