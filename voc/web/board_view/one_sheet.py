"""The same as one A4 page."""

from voc.web import paper
from voc.web.board_view.overview import Page


def sheet(page: Page) -> paper.Sheet:
    """The same as one A4 page."""
    return paper.Sheet(
        crumb=page.crumb,
        title=page.heading,
        blocks=[
            paper.Heading("Six programme figures"),
            paper.Table(
                heads=("Figure", "Now", "Counted", "Standard", f"Since {page.since}, 95% interval"),
                rows=[(one.name, one.now, one.of, one.standard, one.since) for one in page.six],
                widths=(0.2, 0.09, 0.22, 0.13, 0.36),
                right=frozenset({1, 3}),
                strong=frozenset({1}),
            ),
            paper.Heading(page.revenue_heading),
            paper.Bar([(one.part, one.style) for one in page.states]),
            paper.Table(
                heads=("State", "Revenue", "Share", "Accounts", "What it means"),
                rows=[(one.name, one.revenue, one.share, one.accounts, one.means) for one in page.states],
                widths=(0.22, 0.16, 0.11, 0.13, 0.38),
                right=frozenset({1, 2, 3}),
                total=("All", page.total_revenue, page.total_share, page.total_accounts, ""),
            ),
            *([paper.Words(page.cost, small=True)] if page.cost else []),
            paper.Heading(page.causes_heading),
            *_cause_blocks(page),
            paper.Heading(f"What changed since {page.since}"),
            *(paper.Words(one.words, lead=f"{one.name}:") for one in page.changed),
        ],
        foot=page.foot,
    )


def _cause_blocks(page: Page) -> list[paper.Block]:
    if not page.causes:
        return [paper.Words(page.causes_none, small=True)]
    table = paper.Table(
        heads=("Cause", page.causes_of, "Revenue", "Owner, due", "What is being done"),
        rows=[(one.name, one.accounts, one.revenue, one.owner, one.doing) for one in page.causes],
        widths=(0.25, 0.13, 0.12, 0.21, 0.29),
        right=frozenset({1, 2}),
    )
    return [table, *([paper.Words(page.causes_note, small=True)] if page.causes_note else [])]
