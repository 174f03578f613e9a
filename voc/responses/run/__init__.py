"""What a respondent does, each with everything that follows from it, for one transaction of the caller.

`submit`, `decline` and `refer` stop the chase, cancel queued mail and leave signs of life: a thank-you is
shown only after that commit (`Database.commit` and `soon` share it with others). Follow-ups are opened by
their own stage.
"""

from voc.responses.run.answering import autosave, confirm, submit
from voc.responses.run.declining import decline, refer, unsubscribe
from voc.responses.run.keeping import catch_up, judge_again
from voc.responses.run.page import cookie_name, open_page, open_unsubscribe, thanks, trap
from voc.responses.run.phone import PhoneForm, enter_by_phone, phone_form

__all__ = [
    "PhoneForm",
    "autosave",
    "catch_up",
    "confirm",
    "cookie_name",
    "decline",
    "enter_by_phone",
    "judge_again",
    "open_page",
    "open_unsubscribe",
    "phone_form",
    "refer",
    "submit",
    "thanks",
    "trap",
    "unsubscribe",
]
