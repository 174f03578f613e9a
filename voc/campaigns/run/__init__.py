"""What changes here. `waves`: rehearse, launch, pause, close. `chases`: what an event does to one invitation."""

from voc.campaigns.run import by_event, heads_ups
from voc.campaigns.run.chases import (
    away,
    dispose,
    hold,
    record_answer,
    record_bounce,
    record_many_sent,
    record_not_sent,
    reopen,
    stop,
    under_way,
)
from voc.campaigns.run.copied import pass_over, take_up
from voc.campaigns.run.launching import Order, launch, launch_in_portions, take_back_left
from voc.campaigns.run.nudges import Nudge, nudge, nudged_by_hand
from voc.campaigns.run.pauses import end_escalation, escalate, stop_without_consent
from voc.campaigns.run.programmes import change_settings, install_by_event, install_defaults
from voc.campaigns.run.rehearsing import rehearse
from voc.campaigns.run.rest import Rest, rest
from voc.campaigns.run.waves import (
    ClosedDue,
    close,
    close_due,
    pause,
    plan_overdue_anew,
    release_held,
    resume,
    stop_wave,
)

__all__ = [
    "ClosedDue",
    "Nudge",
    "Order",
    "Rest",
    "away",
    "by_event",
    "change_settings",
    "close",
    "close_due",
    "dispose",
    "end_escalation",
    "escalate",
    "heads_ups",
    "hold",
    "install_by_event",
    "install_defaults",
    "launch",
    "launch_in_portions",
    "nudge",
    "nudged_by_hand",
    "pass_over",
    "pause",
    "plan_overdue_anew",
    "record_answer",
    "record_bounce",
    "record_many_sent",
    "record_not_sent",
    "rehearse",
    "release_held",
    "reopen",
    "rest",
    "resume",
    "stop",
    "stop_wave",
    "stop_without_consent",
    "take_back_left",
    "take_up",
    "under_way",
]
