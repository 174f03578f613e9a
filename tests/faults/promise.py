"""The promise, sentence by sentence: what voc/delivery/PROMISE.md prints and the faults prove."""

AT_MOST_ONCE = "Each (contact, wave, step) is handed to your mail server at most once unless a person releases it."
UNKNOWN_IS_LISTED = (
    "If the process dies or the connection breaks between the last byte of a message and the server's answer, "
    "nobody can know whether it was accepted: such a message is marked *unknown*, is listed, is never repeated "
    "silently, and is settled by a delivery event, by a person, or by the next step of the chase."
)
SENT_IS_A_250 = "Nothing is marked sent without the server's 250."
ANSWERS_ARE_KEPT = "No answer that a respondent saw acknowledged is ever lost."

SENTENCES = (AT_MOST_ONCE, UNKNOWN_IS_LISTED, SENT_IS_A_250, ANSWERS_ARE_KEPT)
