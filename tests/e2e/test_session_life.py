"""Sessions of the deployed handler: what hundreds of validations read, and what a page in a browser can do."""

import json
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest

from e2e.conftest import Clone
from sandbox.door.test_browser import CHROMIUM, Site, visit

VALIDATIONS = 250
UNITS = 2  # two items below 4 KB, read consistently: amazondynamodb/latest/developerguide/read-write-operations.html
HOURS_OF_A_MONTH = 730
STATUSES = {"create": 201, "validate": 200, "revoke": 204, "validate again": 200}
LOG_IN = {"user_id": "ada", "provider": "google", "oauth_tokens": {"access_token": "t"}}


def reads_by_metrics(clone: Clone) -> float:
    series = clone.must("--output", "json", "metrics", "local", "--since", "1h").json["series"]
    [found] = [one["summary"] or 0 for one in series if one["name"] == "table-sessions.reads"]
    return float(found)


def reads_by_cost(clone: Clone) -> float:
    answer = clone.must("--output", "json", "cost", "local", "--days", "1").json
    assert answer["load_source"] == "1 h measured, extrapolated to a month"
    return float(answer["load"]["units"]["sessions"][0]) / HOURS_OF_A_MONTH


def test_metrics_and_cost_count_the_reads_that_dynamodb_bills(deployed: Clone):
    before, endpoint = reads_by_metrics(deployed), deployed.endpoint
    with httpx.Client(trust_env=False, timeout=60) as client, ThreadPoolExecutor(2) as threads:
        session = client.post(f"{endpoint}/auth/session", json=LOG_IN).json()["session_id"]

        def validate(_: int) -> Any:
            while (answer := client.post(f"{endpoint}/auth/validate", json={"session_id": session})).status_code == 429:
                time.sleep(0.1)  # the stage's limit: such a request reaches no function and reads nothing
            assert answer.status_code == 200, answer.text
            return answer.json()["valid"]

        assert sum(threads.map(validate, range(VALIDATIONS))) == VALIDATIONS
    assert reads_by_metrics(deployed) - before == pytest.approx(VALIDATIONS * UNITS, rel=0.01)
    assert reads_by_cost(deployed) == pytest.approx(reads_by_metrics(deployed))


PAGE = """<!doctype html><script>
const told = {};
async function ask(name, path, options) {
  try {
    const answer = await fetch("ENDPOINT" + path, options);
    told[name] = [answer.status, JSON.parse(await answer.text() || "null")];
  } catch (error) { told[name] = ["unreadable"]; }
}
function post(body) {
  return {method: "POST", headers: {"Content-Type": "application/json"}, body: JSON.stringify(body)};
}
async function live() {
  await ask("create", "/auth/session", post(LOG_IN));
  const session = told.create[1]?.session_id ?? "GIVEN";
  await ask("validate", "/auth/validate", post({session_id: session}));
  await ask("revoke", "/auth/session", {method: "DELETE", headers: {Authorization: `Bearer ${session}`}});
  await ask("validate again", "/auth/validate", post({session_id: session}));
  await fetch("/told", {method: "POST", body: JSON.stringify(told)});
}
live();
</script>"""


@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on PATH (chromium, chromium-browser or google-chrome)")
def test_a_page_of_an_allowed_origin_has_a_session_and_another_page_has_none(deployed: Clone, tmp_path: Path):
    allowed, foreign = Site("localhost"), Site("localhost")
    try:
        deployed.must("deploy", "local", "--var", f'cors_origins=["{allowed.origin}"]')
        endpoint = deployed.endpoint
        given = httpx.post(f"{endpoint}/auth/session", json=LOG_IN).json()["session_id"]
        page = PAGE.replace("ENDPOINT", endpoint).replace("LOG_IN", json.dumps(LOG_IN)).replace("GIVEN", given)
        allowed.page = foreign.page = page
        results = visit(allowed, tmp_path / "allowed")
        assert {name: end[0] for name, end in results.items()} == STATUSES
        assert results["validate"][1]["valid"] is True
        assert results["validate again"][1]["valid"] is False
        assert set(map(tuple, visit(foreign, tmp_path / "foreign").values())) == {("unreadable",)}
        still = httpx.post(f"{endpoint}/auth/validate", json={"session_id": given}).json()
        assert still["valid"] is True  # the foreign page could not end the session that it knew
    finally:
        allowed.close()
        foreign.close()
