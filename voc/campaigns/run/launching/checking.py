"""What speaks against a launch as a whole."""

from collections.abc import Collection

from sqlalchemy import Connection

from voc.base.errors import Refused
from voc.campaigns.run import drafts
from voc.campaigns.run.drafts import Draft


class NobodyToAsk(Refused):
    """Nothing else speaks against the launch: nobody of the census may be asked."""


def check(db: Connection, draft: Draft, *, anybody: bool) -> None:
    refusals = drafts.why_not_launch(db, draft, anybody=anybody)
    if refusals:
        only_that = not anybody and not drafts.why_not_launch(db, draft, anybody=True)
        raise (NobodyToAsk if only_that else Refused)(" ".join(refusals))


def accepted_languages(draft: Draft, accept: Collection[str]) -> list[str]:
    """The unreviewed languages that are used all the same. Refused if none is left to write in."""
    unreviewed = draft.unreviewed
    accepted = sorted(set(accept) & set(unreviewed))
    if len(unreviewed) == len(draft.questionnaire.languages) and not accepted:
        raise Refused(
            f"Nobody has reviewed {' or '.join(unreviewed.values())} in this questionnaire. Accept a language by name, "
            "or set reviewed_by in questionnaire.toml",
            field="accept",
        )
    return accepted
