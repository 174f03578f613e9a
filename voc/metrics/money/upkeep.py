"""Whether the work of knowing customers goes on: by account and month, and by week (3-metrics 8a). Pure."""

from voc.metrics.money.facts import Week
from voc.metrics.money.rows import Row, Slice, Terms, of_account


def voc_contribution(one: Slice, _terms: Terms) -> list[Row]:
    """Accounts where something was due in the month, and those of them where something was done."""
    work = one.client.work
    if not one.today or work is None:
        return []
    done = work.confirmed or work.answered or work.closed
    due = work.gaps or work.asked or work.open_follow_ups or done
    if not due:
        return [of_account(one.client, 0.0, 0.0, "nothing_due")]
    return [of_account(one.client, float(bool(done)), 1.0, "contributed" if done else "not_contributed")]


def of_week(week: Week) -> Row:
    label = "kept" if week.kept else "problem_left" if week.problems else "suggestion_left"
    return Row(float(week.kept), 1.0, label, "week", f"{week.csm_id}:{week.to_on.isoformat()}", week.to_on)
