"""The session handler.

The deployed package runs in processes like Lambda's against the sandbox's table. Its log is discarded. It is compared
with a minimal function: botocore or boto3 and one read, and for each route the table operations that the route
requires. Each read is a round trip, which takes longer on AWS than here.
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
        note="the handler does not know the session's user yet, so it reads twice",
    )
    routes = _Routes(handler)
    yield Contest(
        f"each route {_ROUNDS} times, warm",
        Contender("handler", partial(routes.sample, "handler")),
        [Contender("what it cannot do without", partial(routes.sample, "bare"))],
        rounds=1,
        warm_ups=0,
        note="a validation requires one GetItem, a login GetItem, PutItem and Query, the other routes a BatchGetItem "
        "and their own writes or Query; a negative validation takes two reads for every reason, so its timing reveals "
        "nothing",
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
