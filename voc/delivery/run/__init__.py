"""What delivery does: freeze due steps, hand them over, tell apart what a dead worker left, take what comes back."""

from voc.delivery.run.effects import consent_withdrawn, they_replied
from voc.delivery.run.listening import listening
from voc.delivery.run.mailbox import read_mailbox
from voc.delivery.run.nudging import nudge
from voc.delivery.run.queueing import queue
from voc.delivery.run.receiving import Desk, receive
from voc.delivery.run.sending import send_due
from voc.delivery.run.thanking import thank
from voc.delivery.run.upkeep import cancel, pause_sending, recover, release, resume_sending, settle

__all__ = [
    "Desk",
    "cancel",
    "consent_withdrawn",
    "listening",
    "nudge",
    "pause_sending",
    "queue",
    "read_mailbox",
    "receive",
    "recover",
    "release",
    "resume_sending",
    "send_due",
    "settle",
    "thank",
    "they_replied",
]
