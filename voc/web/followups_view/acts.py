"""What can be done with a follow-up, and what each asks for."""

from collections.abc import Mapping
from dataclasses import dataclass

from voc.followup.model import Act


@dataclass(frozen=True)
class Form:
    """What can be done with a case: `note` labels the text, `cause` asks for the root cause."""

    path: str
    words: str
    why: str = ""
    note: str = ""
    required: bool = False
    cause: bool = False
    line: bool = False


FORMS: Mapping[Act, Form] = {
    Act.ACKNOWLEDGE: Form("acknowledge", "Acknowledge", "Says that you have it. The customer hears nothing from this."),
    Act.CONTACT: Form(
        "contact", "Log call", "A call, a meeting or a mail of your own stops the clock for the first contact.",
        note="How you got in touch, and what was said", required=True,
    ),
    Act.RESOLVE: Form(
        "resolve", "Resolve", "With its cause and what was done. Only the line for the customer leaves us.",
        note="What was done", required=True, cause=True, line=True,
    ),
    Act.CONFIRM: Form(
        "confirm", "Confirm", "The customer agrees that it is resolved.", note="Who confirmed, and how (optional)"
    ),
    Act.REOPEN: Form("reopen", "Reopen", "It was not resolved: the same clock runs on.", note="Why (optional)"),
}  # fmt: skip
