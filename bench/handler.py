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
_NEEDS = {
    "GET /health": "",
    "POST /auth/session": "GetItem, PutItem, Query",
    "POST /auth/validate": "GetItem",
    "POST /auth/validate, no": "GetItem",
    "GET /auth/sessions": "BatchGetItem, Query",
    "DELETE /auth/session": "BatchGetItem, DeleteItem",
    "DELETE /auth/sessions": "BatchGetItem, UpdateItem, Query, BatchWriteItem",
}


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
    for name, needs in _NEEDS.items():
        yield Contest(
            f"{name}, warm",
            Contender("handler", partial(routes.sample, name, "handler")),
            [Contender(needs, partial(routes.sample, name, "bare"))] if needs else [],
            rounds=1,
            warm_ups=0,
            note="a no always costs two reads, whatever its reason, so that its timing tells nothing"
            if name.endswith("no")
            else "",
        )


class _Routes:
    """All routes are asked in turns in one process; what it found is kept."""

    def __init__(self, handler: Packaged) -> None:
        self._handler = handler
        self._found: Mapping[str, Mapping[str, Sequence[float]]] = {}

    def sample(self, route: str, whose: str) -> Sample:
        self._found = self._found or self._handler.ask("routes", _ROUNDS)
        taken = self._found[route][whose]
        return {"p50 seconds": median(taken), "p99 seconds": quantiles(taken, n=100)[-1]}
