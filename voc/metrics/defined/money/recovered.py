"""Detractors who were won back, under whoever owned the account at the next wave."""

from voc.metrics.columns.money import recovered as of_all_recovered
from voc.metrics.defined.money.declaring import figure
from voc.metrics.definition import Definition, Kind, Spread
from voc.metrics.money import recovered

_BACK = {
    "counts": "detractors",
    "kind": Kind.SENTIMENT,
    "spread": Spread.PLAIN,
    "nothing": "No detractor was asked again in this period.",
}
_NEXT_WAVE = (
    "Detractors (0 to 6) who scored 7 or more at their next wave, {of}. Bad scores improve by themselves, so the page "
    "Follow-ups says beside it how many would have come back without any follow-up. Under the owner at that wave."
)

RECOVERED: tuple[Definition, ...] = (
    figure(
        "recovery_of_all",
        recovered.recovery_of_all,
        of_all_recovered.recovery_of_all,
        label="Detractors recovered",
        text=_NEXT_WAVE.format(of="of all who were asked again; silence is no recovery"),
        **_BACK,
    ),
    figure(
        "recovery_of_answered",
        recovered.recovery_of_answered,
        of_all_recovered.recovery_of_answered,
        label="Detractors recovered, of those who answered again",
        text=_NEXT_WAVE.format(of="of those who answered again"),
        **_BACK,
    ),
)
