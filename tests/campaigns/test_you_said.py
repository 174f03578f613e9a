"""You said, we did: which lines stand in whose mail, and what a colleague may never learn."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as some

from voc.campaigns.you_said import MOST, OTHERS, Line, Reader, lines_for

DAY = timedelta(days=1)
WRITTEN = datetime(2026, 3, 3, 9, tzinfo=UTC)
ASKED_BEFORE = WRITTEN - 100 * DAY
ANA = Reader("ana", "acc", answered=True, last_asked_at=ASKED_BEFORE)
MANY = {(1, "acc"): {"ana", "jon", "kim", "lou"}}


def line(id: int = 1, *, of: str | None = "ana", colleagues: bool = False, **values: object) -> Line:
    row = {"account_id": "acc", "text": f"line {id}", "written_at": WRITTEN, "wave_id": 1, **values}
    return Line(id=id, contact_id=of, colleagues=colleagues, **row)  # type: ignore[arg-type]  # a builder's dict


def told(reader: Reader, *lines: Line, answered: dict[tuple[int, str], set[str]] | None = None) -> list[int]:
    return [one.id for one in lines_for(reader, lines, MANY if answered is None else answered)]


def test_a_person_is_told_what_came_of_their_own_answer_the_latest_first_and_two_at_most() -> None:
    lines = [line(number, written_at=WRITTEN + number * DAY) for number in (1, 2, 3)]
    assert told(ANA, *lines) == [3, 2]


def test_nobody_is_told_anything_who_never_answered() -> None:
    assert told(Reader("ana", "acc", answered=False, last_asked_at=ASKED_BEFORE), line()) == []


def test_a_line_is_told_once_in_the_first_invitation_after_it_was_written() -> None:
    asked_since = Reader("ana", "acc", answered=True, last_asked_at=WRITTEN + DAY)
    assert told(asked_since, line()) == []


def test_a_colleague_reads_a_line_only_when_its_writer_allows_it() -> None:
    assert told(ANA, line(of="jon")) == []
    assert told(ANA, line(of="jon", colleagues=True)) == [1]


def test_a_colleague_reads_nothing_when_too_few_answered_to_hide_among() -> None:
    few = {(1, "acc"): {"ana", "jon", "kim"}}
    assert told(ANA, line(of="jon", colleagues=True), answered=few) == []


def test_what_came_of_a_confidential_answer_is_for_its_own_person_only() -> None:
    assert told(ANA, line(of="jon", colleagues=True, confidential=True)) == []
    assert told(ANA, line(confidential=True)) == [1]


def test_what_came_of_a_silence_may_be_told_to_all_and_another_account_never_reads_it() -> None:
    assert told(ANA, line(of=None, colleagues=True)) == [1]
    assert told(ANA, line(of=None)) == []
    assert told(ANA, line(account_id="other")) == []


PEOPLE = ("ana", "jon", "kim", "lou", "max")
LINES = some.lists(
    some.builds(
        Line,
        id=some.integers(1, 9),
        account_id=some.sampled_from(("acc", "other")),
        contact_id=some.sampled_from((*PEOPLE, None)),
        text=some.just("x"),
        colleagues=some.booleans(),
        written_at=some.integers(-200, 200).map(lambda days: WRITTEN + days * DAY),
        wave_id=some.sampled_from((1, 2, None)),
        confidential=some.booleans(),
    ),
    max_size=8,
)


@given(LINES, some.sampled_from(PEOPLE), some.sets(some.sampled_from(PEOPLE)))
def test_no_reader_can_tell_which_of_fewer_than_three_colleagues_it_was(
    lines: list[Line], reader_id: str, answered: set[str]
) -> None:
    reader = Reader(reader_id, "acc", answered=True, last_asked_at=ASKED_BEFORE)
    found = lines_for(reader, lines, {(1, "acc"): answered})
    assert len(found) <= MOST
    for one in found:
        assert one.account_id == "acc"
        assert one.written_at > ASKED_BEFORE
        if one.contact_id not in (reader_id, None):
            assert one.colleagues
            assert not one.confidential
            assert one.wave_id == 1
            assert len(answered - {reader_id}) >= OTHERS
