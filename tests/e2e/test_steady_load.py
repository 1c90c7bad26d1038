"""The views of a steady load, against what the load generator itself has counted: no difference."""

import json
import threading
import time
from collections import Counter
from collections.abc import Mapping

import httpx
import pytest

from e2e.conftest import Clone

ROUNDS = 20
PAUSE = 0.05  # the API lets 50 requests a second pass; the rest would be 429
AGENT = "steady-load/1"
LOG_IN = {
    "user_id": "user123",
    "provider": "google",
    "oauth_tokens": {"access_token": "test_token"},
    "user_info": {"email": "user@example.com"},
}
STEPS = (
    ("GET", "/health", None),
    ("POST", "/auth/session", LOG_IN),
    ("POST", "/auth/validate", {"session_id": "x" * 43}),
    ("GET", "/auth/sessions", None),
    ("GET", "/nowhere", None),
)
Sent = Counter[tuple[str, int]]


def send_steps(endpoint: str, sent: Sent) -> None:
    """Send one request after the other; count what was asked for, by route, and what was answered."""
    with httpx.Client(base_url=endpoint, timeout=30, headers={"User-Agent": AGENT}) as client:
        for _ in range(ROUNDS):
            for method, path, body in STEPS:
                answer = client.request(method, path, json=body)
                sent["$default" if path == "/nowhere" else f"{method} {path}", answer.status_code] += 1
                time.sleep(PAUSE)


@pytest.fixture(scope="module")
def sent(deployed: Clone) -> Sent:
    """What two clients have sent side by side. The deploy's own checks came before, with another user agent."""
    endpoint, counts = deployed.endpoint, [Sent(), Sent()]
    threads = [threading.Thread(target=send_steps, args=(endpoint, one)) for one in counts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return counts[0] + counts[1]


def total(sent: Mapping[tuple[str, int], int], *, statuses: range = range(1000)) -> int:
    return sum(count for (_, status), count in sent.items() if status in statuses)


def ask(deployed: Clone, *argv: str) -> dict[str, object]:
    """The JSON answer; a diagnosis ends with 5 where it finds a trouble."""
    ran = deployed.run("--output", "json", *argv)
    assert ran.code in (0, 5), ran.all
    return ran.json


def test_both_logs_have_each_request_once(deployed: Clone, sent: Sent) -> None:
    text = deployed.must("--output", "json", "logs", "local", "--access", "--since", "5m").out
    lines = [json.loads(line) for line in text.splitlines()]
    access = [line for line in lines if line["kind"] == "access" and line["fields"]["user_agent"] == AGENT]
    fields = [line["fields"] for line in access]
    shown = {"GET /local/nowhere": "$default"}  # what no route of its own takes is shown by its path
    assert Counter((shown.get(one["route"], one["route"]), one["status"]) for one in fields) == sent
    mine = {line["request_id"] for line in access}
    assert len(mine) == total(sent)
    handled = [line["fields"] for line in lines if line["kind"] == "request" and line["request_id"] in mine]
    as_routed = Counter(("$default" if one["route"] == "unmatched" else one["route"], one["status"]) for one in handled)
    assert as_routed == sent
    reports = [line for line in lines if line["kind"] == "report" and line["request_id"] in mine]
    assert len(reports) == total(sent)


def test_following_shows_each_request_once(deployed: Clone, sent: Sent) -> None:
    follower = deployed.start("--output", "json", "logs", "local", "--access", "--follow", "--since", "5m")
    assert follower.stdout is not None
    shown: list[str] = []
    timer = threading.Timer(15, follower.terminate)
    timer.start()
    for line in follower.stdout:
        found = json.loads(line)
        if found["kind"] == "access" and found["fields"]["user_agent"] == AGENT:
            shown.append(found["id"])
        if len(shown) == total(sent):
            break
    timer.cancel()
    follower.terminate()
    follower.communicate()
    assert len(shown) == len(set(shown)) == total(sent)


def test_a_query_counts_the_same(deployed: Clone, sent: Sent) -> None:
    answer = ask(deployed, "logs", "query", f"filter userAgent = '{AGENT}' | stats count(*) as n by routeKey, status",
                 "local", "--access", "--since", "5m")  # fmt: skip
    assert {(row["routeKey"], int(row["status"])): int(row["n"]) for row in answer["rows"]} == dict(sent)
    callers = ask(deployed, "logs", "query", "callers", "local", "--access", "--since", "5m")["rows"]
    assert [row["requests"] for row in callers if row["userAgent"] == AGENT] == [str(total(sent))]


def test_metrics_count_the_same_as_the_log_and_no_error(deployed: Clone, sent: Sent) -> None:
    """The deploy's own requests count in metrics too; the log shows how many those are."""
    text = deployed.must("--output", "json", "logs", "local", "--access", "--since", "1h").out
    access = [line["fields"] for line in map(json.loads, text.splitlines()) if line["kind"] == "access"]
    others = Counter((one["route"], one["status"]) for one in access if one["user_agent"] != AGENT)
    everything = sent + others
    found = {one["name"]: one["summary"] for one in ask(deployed, "metrics", "local", "--since", "1h")["series"]}
    assert found["api.requests"] == total(everything)
    assert found["api.4xx"] == total(everything, statuses=range(400, 500))
    assert found["api.5xx"] == 0
    assert found["function.errors"] == found["function.throttles"] == 0
    assert found["sessions.created"] >= sent["POST /auth/session", 201] > 0


def test_no_diagnosis_finds_a_trouble_that_is_not_there(deployed: Clone, sent: Sent) -> None:
    for trouble in ("throttling", "sessions", "cors"):
        more = ["--origin", "http://localhost:3000"] if trouble == "cors" else []
        answer = ask(deployed, "troubleshoot", trouble, "local", *more)
        assert answer["found"] is False, answer
    cold = ask(deployed, "troubleshoot", "cold-starts", "local")
    [found] = [one["said"] for one in cold["evidence"] if one["what"] == "cold requests"]
    requests = int(found.split(" of ")[1].split()[0].replace(",", ""))
    text = deployed.must("--output", "json", "logs", "local", "--since", "12h").out
    handled = [line["fields"] for line in map(json.loads, text.splitlines()) if line["kind"] == "request"]
    assert requests == len(handled)
    assert found.startswith(f"{sum(bool(one['cold_start']) for one in handled)} of ")
