"""Reading the log.

Whole processes read from one emulated CloudWatch Logs with a known load. Its lines are numbered, so missing and
duplicate lines are counted. Times include start-up. hybridctl also looks up its identity and its log group.
"""

import time
from bisect import bisect_left
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from statistics import median, quantiles

from bench.contest import Contender, Contest, Sample
from bench.log_readers import Read, Running, folder, following, read, searching, serving
from bench.log_service import Faults, Load
from bench.workshop import Workshop

EVENTS = 100_000
FOLLOWED = 30_000
MANY = 1_000_000
CAUGHT_UP = 200_000
FEW = 10_000
ROUGH = Faults(throttled=0.05, dropped=0.03, failed=0.03, short=0.3)
ROUGH_THEN_CLOSED = Faults(
    throttled=0.03,
    dropped=0.02,
    failed=0.02,
    short=0.1,
    stretches=((15.0, 27.0, "ThrottlingException"), (40.0, 46.0, "ServiceUnavailableException")),
)
PEERS = ("awslogs", "boto3")
_PUNCTUAL = 1.6  # seconds from an event's time to its being readable, at most
_CATCHING_UP = 65.0  # seconds for what is late by up to thirty, and looked for less often than what is new
_SETTLED = 2.0  # so long readable, an event is in every later answer


def contests(workshop: Workshop) -> Iterator[Contest]:
    where = folder(workshop.folder / "logs")
    yield _contest("search 100,000 events", partial(_search, where, EVENTS, Faults()), rounds=3)
    yield _contest(
        "the same, while one call in nine fails and a third of the pages is short",
        partial(_search, where, EVENTS, ROUGH),
        note="throttling, dropped connections, 500, pages of 0 to 400 events; a tool that gives up misses the rest",
    )
    yield _contest(
        f"follow {FOLLOWED:,} events at 500 a second, some late by up to 30 s, while calls fail",
        partial(_follow, where, FOLLOWED, 500.0, ROUGH_THEN_CLOSED),
        note="faults include 12 s of throttling and 6 s of 503; each tool has 65 s to catch up after the last event; "
        "delays cover only the events that were shown",
    )
    yield _contest(
        "follow 800 events at 20 a second",
        partial(_follow, where, 800, 20.0, Faults()),
        note="delays start when an event is readable; only events at most 1.5 s late count; output goes to a pipe",
    )
    for verb, run, many in (("search", _search_memory, MANY), ("follow", _follow_memory, CAUGHT_UP)):
        yield Contest(
            f"memory of a {verb}",
            Contender(f"{many:,} events", partial(run, where, many)),
            [Contender(f"hybridctl, {FEW:,} events", partial(run, where, FEW))],
            rounds=1,
            warm_ups=0,
        )


def _contest(title: str, run: Callable[[str], Sample], *, rounds: int = 1, note: str = "") -> Contest:
    ours, *peers = (Contender(name, partial(run, name)) for name in ("hybridctl", *PEERS))
    return Contest(title, ours, peers, rounds=rounds, warm_ups=0, note=note)


def _search(where: Path, events: int, faults: Faults, name: str) -> Sample:
    load = Load(began=time.time() - 1800, events=events, rate=events / 1000)
    with serving(load, faults) as running:
        found = read(searching(name, running, load.began - 1), running, where)
    return {
        "seconds": found.seconds,
        "events a second": len(found.numbers) / found.seconds,
        "peak MB": found.peak_mb,
        "events missed": found.missed(events),
        "events doubled": found.doubled,
    }


def _follow(where: Path, events: int, rate: float, faults: Faults, name: str) -> Sample:
    load = Load(began=float(int(time.time()) + 6), events=events, rate=rate, past=False)
    with serving(load, faults) as running:
        argv = following(name, running, time.time() - 1)
        found = read(argv, running, where, until=events, patience=6 + events / rate + _CATCHING_UP)
        return _followed(load, found, running)


def _followed(load: Load, found: Read, running: Running) -> Sample:
    stats = running.stats()
    moments = load.moments
    delays = [
        arrival - moments[number][1]
        for number, arrival in zip(found.numbers, found.arrivals, strict=True)
        if _is_punctual(moments[number])
    ] or [0.0, 0.0]
    return {
        "events missed": found.missed(load.events),
        "events doubled": found.doubled,
        "events out of order": _disorder(load, found),
        "median delay seconds": median(delays),
        "p95 delay seconds": quantiles(delays, n=20)[-1],
        "events sent for 100 shown": 100 * stats["sent"] / max(1, len(set(found.numbers))),
        "calls in 100 s": 100 * stats["calls"] / max(1.0, stats["seconds"]),
        "most calls in a second": stats["busiest"],
        "peak MB": found.peak_mb,
    }


def _disorder(load: Load, found: Read) -> int:
    """Punctual events shown after a younger one, though they had been readable for a while when that was shown."""
    moments = load.moments
    youngest: list[int] = []
    for number in found.numbers:
        youngest.append(max(moments[number][0], youngest[-1] if youngest else 0))
    count = 0
    for place, number in enumerate(found.numbers):
        if not _is_punctual(moments[number]):
            continue
        settled = bisect_left(found.arrivals, moments[number][1] + _SETTLED, 0, place)
        between = youngest[place - 1] if place > settled else 0
        before = youngest[settled - 1] if settled else 0
        count += between > max(before, moments[number][0])
    return count


def _is_punctual(moment: tuple[int, float]) -> bool:
    at, readable = moment
    return readable - at / 1000 <= _PUNCTUAL


def _search_memory(where: Path, events: int) -> Sample:
    return {"peak MB": _search(where, events, Faults(), "hybridctl")["peak MB"]}


def _follow_memory(where: Path, events: int) -> Sample:
    """Of a follow that has to catch up with so many events of 200 seconds: a thousand a second, or fifty."""
    load = Load(began=time.time() - 1800, events=events, rate=events / 200)
    with serving(load, Faults()) as running:
        argv = following("hybridctl", running, load.began - 1)
        return {"peak MB": read(argv, running, where, until=events, patience=900).peak_mb}
