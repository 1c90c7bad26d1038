"""Steady load.

For one minute, users sign in, are validated, list their devices and log out, over three connections and the whole path
of `local`: HTTP API, alias, worker, table. It is compared with the table alone at the same number of connections: boto3
with one GetItem after another.
"""

import threading
import time
from collections.abc import Iterator
from statistics import median, quantiles
from typing import Any

from bench.contest import Absent, Contender, Contest, Sample
from bench.packaged import client
from bench.traffic import Traffic, drive, workers_mb
from bench.workshop import Checkout, Workshop

SECONDS, FLOOR_SECONDS, CONNECTIONS = 60.0, 10.0, 3
# The API of `local` lets 100 requests a second through, which is not what is measured.
_UNTHROTTLED = ("--var", "throttling_rate_limit=10000", "--var", "throttling_burst_limit=5000")


def contests(workshop: Workshop) -> Iterator[Contest]:
    yield Contest(
        "60 seconds, 3 connections",
        Contender("whole path", lambda: _whole_path(workshop.deployed)),
        [Contender("GetItem by boto3", lambda: _floor(workshop.deployed))],
        rounds=1,
        warm_ups=0,
        note="a worker's memory is that of the function's largest process at that moment",
    )


def _whole_path(checkout: Checkout) -> Sample:
    checkout.must("deploy", "local", *_UNTHROTTLED)
    endpoint = checkout.must("outputs", "local", "--raw", "api_endpoint").strip()
    pid = int(checkout.json("sandbox", "status")["pid"])
    drive(endpoint, seconds=3, connections=CONNECTIONS)
    memory = [_largest(pid)]
    done = []
    for _ in range(2):
        done.append(drive(endpoint, seconds=SECONDS / 2, connections=CONNECTIONS))
        memory.append(_largest(pid))
    errors = [error for half in done for error in half.errors]
    if errors:
        raise Absent(f"{len(errors)} errors, the first: {errors[0]}")
    times = [taken for half in done for taken in half.times]
    return _figures(Traffic(sum(half.seconds for half in done), times)) | {
        "errors": len(errors),
        "worker at the start MB": memory[0],
        "worker in the middle MB": memory[1],
        "worker at the end MB": memory[2],
    }


def _floor(checkout: Checkout) -> Sample:
    """The same number of threads, each with a client of its own."""
    total = Traffic()
    deadline = time.perf_counter() + FLOOR_SECONDS
    clients = [client(checkout, "dynamodb") for _ in range(CONNECTIONS)]
    table = "hybrid-ci-cd-sessions-local"

    def read(dynamodb: Any) -> None:
        while (started := time.perf_counter()) < deadline:
            dynamodb.get_item(TableName=table, Key={"session_id": {"S": "none"}}, ConsistentRead=True)
            total.times.append(time.perf_counter() - started)

    threads = [threading.Thread(target=read, args=(one,)) for one in clients]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    total.seconds = FLOOR_SECONDS
    return _figures(total)


def _figures(traffic: Traffic) -> dict[str, float]:
    return {
        "p50 seconds": median(traffic.times),
        "p99 seconds": quantiles(traffic.times, n=100)[-1],
        "requests a second": traffic.rate,
    }


def _largest(pid: int) -> float:
    return max(workers_mb(pid), default=0.0)
