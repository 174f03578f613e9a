"""Each fault in its short form, one by one; and the promise, whose every sentence a fault proves."""

import re
from pathlib import Path

import pytest

import voc.delivery
from tests.faults import module, names
from tests.faults.promise import SENTENCES

PROMISE = (Path(voc.delivery.__file__).parent / "PROMISE.md").read_text("utf-8")


@pytest.mark.slow
@pytest.mark.parametrize("fault", names())
def test_the_fault_is_survived(fault: str) -> None:
    result = module(fault).run(long=False)
    assert result.passed, "\n".join(result.found)


def test_the_promise_is_printed_word_for_word() -> None:
    quoted = " ".join(line.removeprefix("> ") for line in PROMISE.splitlines() if line.startswith("> "))
    assert quoted == " ".join(SENTENCES)


@pytest.mark.parametrize("sentence", SENTENCES)
def test_each_sentence_of_the_promise_is_proved_by_the_faults_that_the_document_names(sentence: str) -> None:
    proved_by = {name for name in names() if sentence in getattr(module(name), "PROVES", ())}
    (row,) = [line for line in PROMISE.splitlines() if line.startswith(f"| {sentence[:40]}")]
    assert proved_by
    assert set(re.findall(r"F\d+", row.rsplit("|", 2)[1])) == proved_by
