"""`hybridctl status` as it is typed and as it prints: well, in trouble, broken, empty; at 80 and at 120 columns."""

import json
from dataclasses import replace
from datetime import timedelta

import pytest

from fakes import FakeBackend
from fakes.clock import NOON
from fakes.environments import function_gone, in_trouble, releasing, unreadable, well
from hybridctl.domain.metrics.catalogue import subjects_of
from hybridctl.domain.metrics.last_hour import last_hour, series_of
from hybridctl.domain.metrics.span import Span
from hybridctl.domain.outputs import Outputs
from hybridctl.domain.provisioned import Provisioned
from hybridctl.domain.smoke_plan import SmokePlan
from hybridctl.errors import AwsRefused
from hybridctl.operations.metrics import read_metrics

PICTURES = {
    "healthy": well,
    "trouble": in_trouble,
    "releasing": releasing,
    "unreadable": unreadable,
    "function-gone": function_gone,
    "not-deployed": FakeBackend,
}


@pytest.mark.parametrize("width", [80, 120])
@pytest.mark.parametrize("name", PICTURES)
def test_one_screen(hybridctl, golden, name, width):
    ran = hybridctl("status", backend=PICTURES[name](), width=width)
    golden(f"status-{name}{'' if width == 80 else f'-{width}'}.txt", ran.transcript)
    assert max(map(len, ran.out.splitlines())) <= width


@pytest.mark.parametrize(
    ("make", "word", "code"),
    [
        (well, "healthy", 0),
        (releasing, "releasing", 0),
        (in_trouble, "unhealthy", 5),
        (function_gone, "unhealthy", 5),
        (unreadable, "unknown", 5),
        (FakeBackend, "not deployed", 3),
    ],
)
def test_the_first_word_and_the_exit_code_say_the_same(hybridctl, make, word, code):
    ran = hybridctl("--output", "json", "status", backend=make())
    assert (json.loads(ran.out)["verdict"], ran.code) == (word, code)


def test_a_rollout_whose_process_died_ends_with_both_solutions(hybridctl):
    backend = releasing()
    backend.journal.orphaned = True
    backend.journal.holder = replace(
        backend.journal.holder, rollout=replace(backend.journal.holder.rollout, waiting=False)
    )
    ran = hybridctl("status", backend=backend)
    assert (ran.code, ran.out.split()[0]) == (5, "degraded")
    assert ran.out.splitlines()[-1] == "→ hybridctl promote local, or hybridctl abort local"


def test_metrics_and_alarms_are_one_call_each(hybridctl):
    backend = well()
    hybridctl("status", backend=backend)
    assert (len(backend.metrics.calls), len(backend.alarms.asked)) == (1, 1)


def test_each_part_that_fails_is_reported_and_hides_no_other(hybridctl):
    backend = unreadable()

    def deny(*_: object) -> None:
        raise AwsRefused("listing the releases: access denied")

    backend.journal.releases = deny
    found = json.loads(hybridctl("--output", "json", "status", backend=backend).out)
    unread = [one["name"] for one in found["findings"] if one["level"] == "unknown"]
    assert unread == ["release", "alias", "alarms", "metrics"]
    assert (found["alias"]["version"], found["health"]["ok"], found["last_hour"]) == (2, True, None)


def test_a_bug_in_one_part_is_not_a_trouble_of_the_environment(hybridctl):
    backend = well()
    backend.functions.read_provisioned = lambda: 1 / 0
    ran = hybridctl("status", backend=backend)
    assert (ran.code, "ZeroDivisionError" in ran.err) == (1, True)


def test_warm_environments_that_are_not_ready_yet_are_reported(hybridctl):
    backend = well()
    backend.functions.warm = Provisioned(5, 2, "IN_PROGRESS")
    out = hybridctl("status", backend=backend).out
    assert "2 of 5 environments warm: IN_PROGRESS" in out


def test_drift_is_looked_for_only_when_asked(hybridctl):
    backend = well()
    hybridctl("status", backend=backend)
    assert backend.terraform.requests == []
    ran = hybridctl("status", "--drift", backend=backend)
    assert (ran.code, "drift      none" in ran.out, "refresh" in ran.err) == (0, True, True)


def test_what_drifted_is_the_verdict_and_exits_5(hybridctl):
    backend = well()
    gone = {"address": "aws_x.y", "type": "aws_x", "change": {"actions": ["delete"], "before": {}, "after": None}}
    backend.terraform.planned = {"resource_changes": [], "resource_drift": [gone]}
    ran = hybridctl("status", "--drift", backend=backend)
    assert (ran.code, ran.out.split()[0]) == (5, "degraded")
    assert "changed by hand: aws_x.y" in ran.out
    assert ran.out.splitlines()[-1] == "→ hybridctl deploy local"


def test_watching_reads_again_until_interrupted(hybridctl, clock):
    backend = well()
    clock.during(25, lambda: (_ for _ in ()).throw(KeyboardInterrupt))
    ran = hybridctl("--output", "json", "status", "--watch", "--interval", "10", backend=backend)
    lines = [json.loads(line) for line in ran.out.splitlines()]
    assert (ran.code, [line["verdict"] for line in lines]) == (130, ["healthy"] * 3)
    assert lines[1]["at"] == (NOON + timedelta(seconds=10)).isoformat()


def test_watching_and_drift_do_not_go_together(hybridctl):
    assert hybridctl("status", "--watch", "--drift", backend=well()).code == 2


def test_an_hour_without_data_is_none_and_not_zero():
    backend = FakeBackend.deployed(1)
    series = series_of(subjects_of(Outputs(backend.state.values), "local"))
    found = last_hour(read_metrics(backend, series, Span(NOON - timedelta(hours=1), 60, 60), NOON).readings)
    assert (found.requests, found.error_rate, found.p95, found.table_throttles, found.capacity) == (
        None,
        None,
        None,
        None,
        (),
    )


def test_a_backend_with_checks_of_its_own_is_asked_at_its_own_path():
    assert SmokePlan().deep_pulse.path == "/health?deep=1"
    assert SmokePlan(health="/ping").deep_pulse.path == "/ping"


def test_an_environment_without_alarms_says_so(hybridctl):
    backend = well()
    backend.state.values |= {"alarm_names": [], "composite_alarm_name": ""}
    ran = hybridctl("status", backend=backend)
    assert (ran.code, "alarms     there are no alarms" in ran.out) == (0, True)


def test_on_aws_the_consoles_pages_are_named(hybridctl):
    backend = well()
    backend.state.values["dashboard_name"] = "hybrid-ci-cd-staging"
    found = json.loads(hybridctl("status", "staging", "--json", backend=backend).out)
    page = "https://us-east-1.console.aws.amazon.com/cloudwatch/home?region=us-east-1#"
    assert found["log_url"].startswith(f"{page}logsV2:log-groups/log-group/$252F")
    assert found["dashboard_url"] == f"{page}dashboards/dashboard/hybrid-ci-cd-staging"
    text = hybridctl("status", "staging", backend=backend).out
    rows = [line.split() for line in text.splitlines()]
    assert ["log", found["log_url"]] in rows
    assert ["dashboard", found["dashboard_url"]] in rows
    assert json.loads(hybridctl("status", "local", "--json", backend=well()).out)["log_url"] is None
