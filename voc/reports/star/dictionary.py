"""The data dictionary: every table and column of the star schema, made of the same fields as the files. Pure."""

from collections.abc import Iterator

from voc.metrics.catalogue import VERSION
from voc.reports.star import STAR
from voc.reports.star.model import Field, Sort, StarTable
from voc.reports.tables import Column, Kind, Row

SCHEMA_VERSION = 1  # goes up when a column changes its meaning or goes; a new one may come without

COLUMNS = (
    Column("table"),
    Column("sort", meaning="dimension, fact or bridge"),
    Column("personal", Kind.YES, "Written only when personal data is asked for"),
    Column("column"),
    Column("type"),
    Column("unit"),
    Column("key", meaning="primary, or the table it refers to"),
    Column("empty when"),
    Column("meaning"),
    Column("source", meaning="Where in the service it comes from"),
    Column("definition version", Kind.WHOLE),
)


def rows() -> Iterator[Row]:
    for table in STAR:
        for one in table.fields:
            yield (
                table.name,
                table.sort,
                table.personal,
                one.name,
                one.kind,
                one.unit,
                _key(one),
                one.nulls or "never",
                one.meaning,
                one.source,
                VERSION,
            )


def _key(one: Field) -> str:
    return "primary" if one.key else f"to {one.refers}" if one.refers else ""


_HEAD = f"""# Data dictionary of the star schema

Made by `voc export dictionary` of the declarations that write the files; schema version {SCHEMA_VERSION}, definitions
version {VERSION}. `voc export star --out FOLDER` writes the files.

- One file a table; `fact_figure` is a folder with a file a quarter, and the file of a past quarter never changes.
- Every `..._key` is a whole number of at most 53 bits, the same in every export, and is found in the table it refers
  to. 0 is the first row of every dimension: not known, or none. So joins lose no row.
- Days are UTC. Amounts have two decimals; `..._reporting` is at the rates of the settings; 0..1 is a share.
- Owner, segment, roles and revenue in `fact_invitation` are those of the day somebody was asked; dimensions are
  today's. `bridge_account_owner` has who owned an account when.
- What was asked in confidence says nowhere that it was answered; its figures are in `fact_confidential_group`. Add its
  `answered_in_time` and `in_response_rate` to those of `fact_invitation`, and the rate is that of the pages.
- Without `--personal` no name, address or comment of a customer's person is written. That is pseudonymous, not
  anonymous: account, role and country may tell who it is. Who opted out stays in the counts and is marked.
- The forest: `fact_comment_theme` joined with `dim_theme`; what is done about a theme is `fact_improvement`, and who
  was told of it `bridge_improvement_person`.
- Figures of fewer than five are counts only, as on the pages. Do not cut facts so fine that a group of people can be
  guessed, and rank no people by them: the pages say what is chance.
"""


def markdown() -> str:
    parts = [_HEAD, _contents(), _relations()]
    parts += [_table(one) for one in STAR]
    return "\n".join(parts)


def _contents() -> str:
    lines = ["| table | one row is | |", "|---|---|---|"]
    lines += [
        f"| [{one.name}](#{one.name}) | {one.grain} | {'personal data' if one.personal else ''} |" for one in STAR
    ]
    return "\n".join([*lines, ""])


def relations() -> Iterator[tuple[StarTable, Field, StarTable, Field]]:
    """Many to one: the column of a table, and the key it holds."""
    tables = {one.name: one for one in STAR}
    for table in STAR:
        for one in table.fields:
            if one.refers:
                yield table, one, tables[one.refers], tables[one.refers].key[0]


def _relations() -> str:
    lines = [
        "## Relations",
        "",
        "Many to one, each by one whole number. A tool that allows one active relation between two",
    ]
    lines += ["tables needs one of the days of a fact chosen: `due_date_key` is what the pages go by.", ""]
    lines += ["| from | to |", "|---|---|"]
    lines += [f"| {table.name}.{one.name} | {to.name}.{key.name} |" for table, one, to, key in relations()]
    return "\n".join([*lines, ""])


def _table(table: StarTable) -> str:
    heading = f"## {table.name}\n\n{table.meaning} One row: {table.grain}.\n"
    if table.sort == Sort.DIMENSION:
        heading += "\nIts first row has the key 0.\n"
    lines = ["| column | type | unit | key | empty when | meaning | source |", "|---|---|---|---|---|---|---|"]
    lines += [
        f"| {one.name} | {one.kind} | {one.unit} | {_key(one)} | {one.nulls or 'never'} | {one.meaning} "
        f"| {one.source} |"
        for one in table.fields
    ]
    return "\n".join([heading, *lines, ""])
