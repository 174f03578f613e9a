"""The same pages read by dlt into PostgreSQL: run by the Python of an environment that has it, not by ours.

`python dlt_pages.py ADDRESS TOKEN STATEMENTS POSTGRESQL append|merge` prints the seconds it took.
STATEMENTS is a file with one list of SOQL texts; what they are is told to dlt, which spares it the
work of finding out.
"""

import json
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

os.environ["RUNTIME__DLTHUB_TELEMETRY"] = "false"
os.environ["RUNTIME__LOG_LEVEL"] = "ERROR"

import dlt  # type: ignore[import-not-found]  # in its own environment
from dlt.sources.helpers import requests  # type: ignore[import-not-found]  # the same


def main(place: str, token: str, statements: str, database: str, disposition: str) -> None:
    by_object: dict[str, list[str]] = {}
    for statement in json.loads(Path(statements).read_text()):
        by_object.setdefault(statement.split(" FROM ")[1].split()[0], []).append(statement)

    def read(texts: list[str]) -> Iterator[Any]:
        session = requests.Session()
        for text in texts:
            answer = session.get(
                f"{place}/services/data/v66.0/queryAll",
                params={"q": text},
                headers={"Authorization": f"Bearer {token}"},
            )
            yield answer.json()["records"]

    resources = [
        dlt.resource(read(texts), name=name, primary_key="Id", write_disposition=disposition)
        for name, texts in by_object.items()
    ]
    with tempfile.TemporaryDirectory() as folder:
        pipeline = dlt.pipeline("bench", destination=dlt.destinations.postgres(database), pipelines_dir=folder)
        started = time.perf_counter()
        pipeline.run(resources)
        print(time.perf_counter() - started)


if __name__ == "__main__":
    main(*sys.argv[1:])
