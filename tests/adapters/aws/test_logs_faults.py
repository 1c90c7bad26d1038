"""Over real HTTP, while the endpoint throttles, tears, drops and expires: no line missed, none doubled."""

import random
from datetime import UTC, datetime, timedelta

import pytest

from fakes.log_endpoint import Endpoint, Faults
from hybridctl.adapters.aws.logs import CloudWatchLogs
from hybridctl.domain.logs.filter import make_filter
from hybridctl.domain.logs.moments import Window
from hybridctl.operations.log_follow import follow
from hybridctl.operations.logs import search

START = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
ANSWER_SECONDS = 0.05


class SharedClock:
    """The time of client and endpoint: it moves when the client sleeps, and by ANSWER_SECONDS with each request."""

    def __init__(self) -> None:
        self._seconds = 0.0

    def monotonic(self) -> float:
        return self._seconds

    def now(self) -> datetime:
        return START + timedelta(seconds=self._seconds)

    def sleep(self, seconds: float) -> None:
        self._seconds += seconds

    def take_request(self) -> float:
        self._seconds += ANSWER_SECONDS
        return self._seconds


def workload(endpoint: Endpoint, seconds: int, chance: random.Random) -> set[str]:
    """Ten lines a second; some late by eight seconds, some siblings of one millisecond readable later."""
    keys = set()
    for index in range(seconds * 10):
        time_of_it = index / 10
        drawn = chance.random()
        late = 8.0 if drawn < 0.05 else 6.5 if drawn < 0.1 else chance.uniform(0.2, 1.5)
        stamp = time_of_it - 0.1 if 0.05 <= drawn < 0.1 and index else time_of_it
        endpoint.add(
            time_of_it + late, int(START.timestamp() * 1000) + round(stamp * 1000), f"e{index}", f"line {index}"
        )
        keys.add(f"e{index}")
    return keys


@pytest.mark.parametrize(
    "faults",
    [
        Faults(),
        Faults(throttled=(15.0, 27.0)),
        Faults(throttle=0.2, drop=0.1, fail=0.1, empty=0.2),
        Faults(tear=0.15, expire_every=9),
    ],
    ids=["calm", "twelve seconds of throttling", "throttled, dropped, failing, empty", "torn answers, expired tokens"],
)
def test_following_misses_nothing_and_doubles_nothing(faults):
    clock = SharedClock()
    with Endpoint(clock.take_request, page_size=40, faults=faults) as endpoint:
        keys = workload(endpoint, 50, random.Random(3))
        shown: list[str] = []

        def take_lines(lines):
            shown.extend(line.event.id for line in lines)
            if len(set(shown)) == len(keys) or clock.monotonic() > 200:
                raise KeyboardInterrupt

        source = CloudWatchLogs(endpoint.factory(), group="g")
        with pytest.raises(KeyboardInterrupt):
            follow(source, clock, START, make_filter(), heard=take_lines, noted=lambda _: None)
    assert set(shown) == keys
    assert len(shown) == len(keys)
    assert faults == Faults() or endpoint.refused > 0 or faults.tear


def test_a_search_over_short_and_empty_pages_with_faults_finds_each_line_once():
    clock = SharedClock()
    faults = Faults(throttle=0.1, drop=0.1, fail=0.1, empty=0.2, expire_every=11, tear=0.05)
    with Endpoint(lambda: 1e9, page_size=60, faults=faults) as endpoint:
        keys = workload(endpoint, 100, random.Random(5))
        shown: list[str] = []
        source = CloudWatchLogs(endpoint.factory(), group="g")
        search(
            source,
            clock,
            Window(START - timedelta(hours=1)),
            make_filter(),
            heard=lambda lines: shown.extend(line.event.id for line in lines),
            noted=lambda _: None,
        )
    assert sorted(shown) == sorted(keys)


def test_the_newest_lines_take_one_call():
    clock = SharedClock()
    with Endpoint(lambda: 1e9) as endpoint:
        workload(endpoint, 100, random.Random(5))
        lines = []
        source = CloudWatchLogs(endpoint.factory(), group="g")
        window = Window(START - timedelta(hours=1))
        search(source, clock, window, make_filter(), heard=lines.extend, noted=lambda _: None, limit=20)
    assert len(lines) == 20
    assert lines == sorted(lines, key=lambda line: line.event.time)
    assert len(endpoint.calls) == 1
