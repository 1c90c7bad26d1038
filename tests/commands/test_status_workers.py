"""Workers in status, logs, metrics and invoke; an environment without any does not mention them."""

import json
from dataclasses import replace

import pytest

from fakes import FakeBackend, FakeClock
from fakes.logs import FakeLogSource
from fakes.releases import GOOD, NEW, record_rollout
from fakes.workers import ORDER, add_worker
from hybridctl.domain.release import WorkerMove
from hybridctl.operations.metrics import all_series

WORKER = """
[functions.orders]
handler = "orders.handle"
[[functions.orders.checks]]
name = "an order is taken"
messages = ['{"id": 1}']
"""


@pytest.fixture
def backend(project) -> FakeBackend:
    with (project / "hybridctl.toml").open("a") as file:
        file.write(WORKER)
    made = FakeBackend.deployed(GOOD, live=GOOD)
    add_worker(made, "orders", GOOD, NEW, live=GOOD)
    release = replace(record_rollout(GOOD), workers=(WorkerMove("orders", None, GOOD),))
    made.journal.records[release.id] = release
    return made


def workers_finding(hybridctl, backend):
    seen = json.loads(hybridctl("--output", "json", "status", "local", backend=backend).out)
    return next((one for one in seen["findings"] if one["name"] == "workers"), None)


def test_status_names_each_worker_and_its_version(hybridctl, backend):
    assert "orders version 1 (newest is 2)" in hybridctl("status", "local", backend=backend).out
    assert workers_finding(hybridctl, backend)["level"] == "ok"


def test_a_worker_that_someone_moved_or_deleted_is_found(hybridctl, backend):
    orders = backend.workers.of["orders"]
    orders.alias = replace(orders.alias, version=NEW)
    found = workers_finding(hybridctl, backend)
    assert (found["level"], found["fix"]) == ("warn", "hybridctl rollback local")
    assert "it serves version 2, and the last release left 1" in found["detail"]
    orders.alias = replace(orders.alias, version=GOOD, weights={NEW: 0.1})
    assert "no release shares it" in workers_finding(hybridctl, backend)["detail"]
    orders.alias = None
    assert workers_finding(hybridctl, backend)["level"] == "fail"


def test_a_worker_that_no_release_knows_is_not_verified(hybridctl, backend):
    [release] = backend.journal.records.values()
    backend.journal.records[release.id] = replace(release, workers=())
    assert workers_finding(hybridctl, backend)["fix"] == "hybridctl deploy local"


def test_during_a_release_both_its_versions_are_right(hybridctl, backend):
    running = replace(record_rollout(GOOD, 2), finished=None, workers=(WorkerMove("orders", GOOD, NEW),))
    backend.journal.holder = running
    for version in (GOOD, NEW):
        backend.workers.of["orders"].alias = replace(backend.workers.of["orders"].alias, version=version)
        assert workers_finding(hybridctl, backend)["level"] == "ok"


def test_without_workers_they_are_not_mentioned(hybridctl):
    assert workers_finding(hybridctl, FakeBackend.deployed(GOOD)) is None


def test_invoke_sends_a_worker_its_first_check(hybridctl, backend):
    ran = hybridctl("--json", "invoke", "local", "--function", "orders", backend=backend)
    assert backend.workers.of["orders"].payloads == [ORDER]
    assert json.loads(ran.out)["function"] == "hybrid-ci-cd-orders-local"
    assert backend.functions.payloads == []


def test_logs_reads_the_workers_group(hybridctl, backend):
    source = FakeLogSource(FakeClock())
    backend.workers.logs["orders"] = source
    ran = hybridctl("logs", "local", "--function", "orders", backend=backend)
    assert ran.code == 0, ran.err
    assert source.calls


@pytest.mark.parametrize("words", [("invoke", "local"), ("logs", "local")])
def test_an_unknown_worker_is_refused_with_the_nearest(hybridctl, backend, words):
    ran = hybridctl(*words, "--function", "order", backend=backend)
    assert (ran.code, "did you mean 'orders'?" in ran.err) == (2, True)


@pytest.mark.parametrize("other", ["--access", "--live"])
def test_what_does_not_go_with_a_worker_is_refused(hybridctl, backend, other):
    assert hybridctl("logs", "local", "--function", "orders", other, backend=backend).code == 2


def test_metrics_has_a_group_for_each_worker(backend):
    series = {one.name: one for one in all_series(backend, [], versions=False)}
    function = "hybrid-ci-cd-orders-local"
    wanted = (("FunctionName", function), ("Resource", f"{function}:live"))
    assert series["worker-orders.errors"].parts[0].dimensions == wanted
