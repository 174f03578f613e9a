"""What delivery does: freeze due steps, hand them over, tell apart what a dead worker left, take what comes back."""

from voc.delivery.run.queueing import queue, queue_due
from voc.delivery.run.receiving import receive
from voc.delivery.run.sending import send_due
from voc.delivery.run.upkeep import cancel, pause_sending, recover, release, resume_sending, settle

__all__ = [
    "cancel",
    "pause_sending",
    "queue",
    "queue_due",
    "receive",
    "recover",
    "release",
    "resume_sending",
    "send_due",
    "settle",
]
