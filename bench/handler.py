"""The session handler.

The deployed package in processes like Lambda's, its log thrown away, against the sandbox's table; beside it the least
that any function would do there: botocore or boto3 and one read, and of each route the table operations that it cannot
do without. A read more or less is a round trip, which takes longer on AWS than here.
"""

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from statistics import median, quantiles

from bench.contest import Contender, Contest, Sample
from bench.packaged import Packaged, packaged
from bench.workshop import Workshop

_ROUNDS = 400


def contests(workshop: Workshop) -> Iterator[Contest]:
    handler = packaged(workshop)
    session = handler.ask("sign-in", "cold")
    yield Contest(
        "a cold start and its first request, a validation",
        Contender("handler", partial(handler.ask, "cold", session)),
        [
            Contender("botocore, one GetItem", partial(handler.ask, "floor", session)),
            Contender("boto3, one GetItem", partial(handler.ask, "boto3", session)),
        ],
        rounds=11,
        note="the handler knows not yet whose session it is, and so reads twice",
    )
    routes = _Routes(handler)
    yield Contest(
        f"each route {_ROUNDS} times, warm",
        Contender("handler", partial(routes.sample, "handler")),
        [Contender("what it cannot do without", partial(routes.sample, "bare"))],
        rounds=1,
        warm_ups=0,
        note="a validation cannot do without one GetItem, a log-in without GetItem, PutItem and Query, the rest not "
        "without a BatchGetItem and their own writes or Query; a no costs two reads, whatever its reason, so that its "
        "timing tells nothing",
    )


class _Routes:
    """All routes are asked in turns in one process; what it found is kept."""

    def __init__(self, handler: Packaged) -> None:
        self._handler = handler
        self._found: Mapping[str, Mapping[str, Sequence[float]]] = {}

    def sample(self, whose: str) -> Sample:
        self._found = self._found or self._handler.ask("routes", _ROUNDS)
        found: dict[str, float] = {}
        for route, taken in self._found.items():
            if times := taken[whose]:
                found[f"{route}, p50 seconds"] = median(times)
                found[f"{route}, p99 seconds"] = quantiles(times, n=100)[-1]
        return found
