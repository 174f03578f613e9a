"""A frozen mail in two parts is the same bytes each time, and nobody can answer with what is kept of it."""

from hypothesis import given
from hypothesis import strategies as some

from voc.base.frozen import Own, Shared, own_of, shared_of

TOKEN = b"abcdefghijklmnopqrstuvwxyz012345"
PIECES = some.lists(some.binary() | some.integers(0, 2), max_size=8).map(tuple)


@given(pieces=PIECES, head=some.binary(), fills=some.tuples(some.binary(), some.binary(), some.binary()))
def test_what_is_kept_and_read_again_is_the_same_mail(
    pieces: tuple[bytes | int, ...], head: bytes, fills: tuple[bytes, ...]
) -> None:
    shared = Shared(pieces)
    own = Own(shared.id, head, fills, (TOKEN,))
    kept = own_of(own.encoded())
    assert kept == own
    assert kept.whole(shared_of(shared.encoded())) == own.whole(shared)
    assert shared_of(shared.encoded()).id == shared.id


def test_a_mail_that_was_not_cut_is_no_own_part() -> None:
    assert own_of(b"From: Ana\r\n\r\nHello") is None


def test_masked_it_holds_no_token_not_even_one_that_is_broken_over_two_lines() -> None:
    broken = b"see https://voc.example/q/" + TOKEN[:9] + b"=\r\n" + TOKEN[9:] + b" and\r\nHello=\r\n Ana"
    own = Own("id", b"List-Unsubscribe: /u/" + TOKEN, (b"Ana", TOKEN, broken), (TOKEN,))
    masked = own.masked()
    assert masked == Own(
        "id", b"List-Unsubscribe: /u/...", (b"Ana", b"...", b"see https://voc.example/q/... and\r\nHello Ana"), ()
    )
    assert TOKEN not in masked.encoded().replace(b"=\r\n", b"")
