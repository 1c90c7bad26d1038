"""Calls and times that could grow with an environment's history or with the number of environments.

`python -m bench.scale` prints the tables of docs/scale.md, in seconds.
"""

import time
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from itertools import chain
from pathlib import Path
from tempfile import TemporaryDirectory

from bench.counting_s3 import PREFIX, CountingS3, bucket_of
from hybridctl.adapters.aws.journal import S3Journal
from hybridctl.adapters.clock import SystemClock
from hybridctl.settings_file import load_settings

_NOW = datetime.now(UTC)
_RHYTHMS = {"every 2 minutes": 2, "hourly": 60, "daily": 1440}
_READS: dict[str, Callable[[S3Journal], object]] = {
    "`releases`": lambda journal: journal.releases(20),
    "`status`": lambda journal: next(reversed(journal.releases())),
    "`rollback`, 40 releases back": lambda journal: [
        one for one, _ in zip(reversed(journal.releases()), range(40), strict=False)
    ],
    "`deploy`": lambda journal: journal.releases(30),
    "all of it (`releases prune`)": lambda journal: len(journal.releases()),
}


def _journal(s3: CountingS3) -> S3Journal:
    client: object = s3
    return S3Journal(lambda: client, bucket="b", prefix=PREFIX, host="laptop:1", clock=SystemClock())  # type: ignore[arg-type, return-value]


def history() -> Iterable[tuple[str, ...]]:
    """Requests to S3, LIST + GET, by the number of records and how often one is made."""
    yield "command", "releases", *(f"{size:,} records" for size in (100, 1_000, 10_000))
    for name, read in _READS.items():
        for rhythm, minutes in _RHYTHMS.items():
            cells = []
            for size in (100, 1_000, 10_000):
                s3 = bucket_of([_NOW - timedelta(minutes=minutes * number) for number in range(1, size + 1)])
                read(_journal(s3))
                cells.append(f"{s3.asked['list']} + {s3.asked['get']:,}")
            yield name, rhythm, *cells


def environments() -> Iterable[tuple[str, ...]]:
    """The time in which hybridctl.toml is read, the shortest of 20 times."""
    yield "environments", "hybridctl.toml is read in"
    for size in (3, 10, 100, 1_000):
        with TemporaryDirectory() as folder:
            text = "".join(f"[environments.team{number}]\n" for number in range(size))
            head = 'project = "scale"\nregion = "us-east-1"\ndefault_environment = "team0"\n'
            Path(folder, "hybridctl.toml").write_text(head + text, encoding="utf-8")
            yield f"{size:,}", f"{min(_timed(Path(folder)) for _ in range(20)) * 1000:.1f} ms"


def _timed(folder: Path) -> float:
    began = time.perf_counter()
    load_settings(folder, {})
    return time.perf_counter() - began


def main() -> None:
    for table in (history, environments):
        head, *rows = table()
        print(f"{table.__doc__}\n")  # noqa: T201
        for row in chain([head, ("---",) * len(head)], rows):
            print(f"| {' | '.join(row)} |")  # noqa: T201
        print()  # noqa: T201


if __name__ == "__main__":
    main()
