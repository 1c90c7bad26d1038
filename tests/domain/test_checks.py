"""No combination of facts with something wrong or unknown is healthy, and `status` and `doctor` agree on every one."""

from dataclasses import fields, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakes import FakeClock
from fakes.alarms import make_watched
from fakes.clock import NOON
from fakes.environments import RELEASE
from fakes.settings import ALLOWED, FUNCTION
from hybridctl.domain.alarms import AlarmsReport, AlarmState, Subscribers
from hybridctl.domain.checks import judge, verdict_on
from hybridctl.domain.checks.resources import by_hand
from hybridctl.domain.diagnosis import HealthVerdict, Level, next_command
from hybridctl.domain.drift import Drift, Drifted
from hybridctl.domain.environment import Place
from hybridctl.domain.facts import Facts, LogGroup, Stored, Unread, WorkerFact
from hybridctl.domain.http_api import ApiStage, HttpApi, Route
from hybridctl.domain.metrics.last_hour import LastHour
from hybridctl.domain.outputs import Outputs
from hybridctl.domain.provisioned import Provisioned
from hybridctl.domain.release import UNPUBLISHED, Alias, Claim, Kind, Outcome, Rollout
from hybridctl.domain.state_lock import StateLock
from hybridctl.domain.status import Health
from hybridctl.domain.table import ON_DEMAND, PROVISIONED, TableSettings
from hybridctl.domain.tfstate import Resource, Resources
from hybridctl.operations.alarms import read_alarms

TABLE, GROUP = "hybrid-ci-cd-sessions-local", "/aws/lambda/hybrid-ci-cd-local"
URI = "arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/f:live/invocations"
BACKEND = make_watched()
API = (BACKEND.state.values or {}).get("api_id")
TTL = {"attribute_name": "expires_at", "enabled": True}
LAID_DOWN = {
    "aws_dynamodb_table": {"name": TABLE, "billing_mode": ON_DEMAND, "ttl": [TTL]},
    "aws_lambda_function": {
        "reserved_concurrent_executions": 5,
        "memory_size": 512,
        "environment": [{"variables": {"A": "1"}}],
    },
    "aws_lambda_provisioned_concurrency_config": {"provisioned_concurrent_executions": 2},
    "aws_cloudwatch_log_group": {"name": GROUP, "retention_in_days": 7},
    "aws_apigatewayv2_api": {"id": API, "disable_execute_api_endpoint": False},
    "aws_apigatewayv2_stage": {
        "name": "local",
        "default_route_settings": [{"throttling_rate_limit": 50, "throttling_burst_limit": 100}],
    },
    "aws_apigatewayv2_integration": {"id": "i1", "integration_uri": URI},
}
ROUTE = {"route_key": "$default", "target": "integrations/i1"}
RESOURCES = Resources(
    (
        *(Resource(f"{kind}.this", kind, values) for kind, values in LAID_DOWN.items()),
        Resource("aws_apigatewayv2_route.a", "aws_apigatewayv2_route", ROUTE),
        Resource("aws_apigatewayv2_route.b", "aws_apigatewayv2_route", ROUTE | {"route_key": "GET /health"}),
    )
)
LIVE = replace(RELEASE, package_sha256="sha")
STAGE = ApiStage("local", 50.0, 100)
ROUTES = (Route("$default", "integrations/i1"), Route("GET /health", "integrations/i1"))
FUNCTION_NOW = replace(FUNCTION, reserved=5, sha256="sha", variables={"A": "1"})
ALARMS: AlarmsReport = replace(read_alarms(BACKEND, FakeClock()), subscribers=Subscribers(1), subscribes=True)
WELL = Facts(
    place=Place("local", "000000000000", "us-east-1"),
    stored=Stored(Outputs(BACKEND.state.values or {}), RESOURCES),
    alias=Alias("live", 2, "r"),
    history=(LIVE,),
    published=(1, 2, 3),
    function=FUNCTION_NOW,
    unpublished=FUNCTION_NOW,
    provisioned=Provisioned(2, 2, "READY"),
    policy={"Statement": [ALLOWED]},
    api=HttpApi(ROUTES, (STAGE,), {"i1": URI}),
    tables={TABLE: TableSettings(ON_DEMAND, "ACTIVE", "ENABLED", "expires_at")},
    log_groups={GROUP: LogGroup(GROUP, 7)},
    alarms=ALARMS,
    last_hour=LastHour(1, 0, 0, 1, 1, 0, 0, ()),
    health=Health(ok=True),
    drift=Drift("local", ()),
)


def lock(**more: object) -> StateLock:
    return replace(StateLock("id", "OperationTypeApply", "ada@laptop", NOON, 3600.0), **more)


def after(outcome: Outcome, **more: object) -> tuple[object, ...]:
    return (LIVE, replace(LIVE, id="20260301T115000-1", outcome=outcome, version_after=3, **more))


def claim(*, orphaned: bool, **more: object) -> Claim:
    return Claim(replace(LIVE, outcome=Outcome.RUNNING, finished=None, **more), "tag", orphaned)


def alarm(**more: object) -> AlarmsReport:
    first, *others = ALARMS.alarms
    return replace(ALARMS, alarms=(replace(first, alarm=replace(first.alarm, **more)), *others))


def resources_without_outputs() -> Stored:
    return Stored(None, RESOURCES)


def outputs_without(name: str) -> Stored:
    kept = {key: value for key, value in (BACKEND.state.values or {}).items() if key != name}
    return Stored(Outputs(kept), RESOURCES)


# Every way in which one fact can be wrong: at most one of each fact is planted at a time.
WRONG: dict[str, list[object]] = {
    "stored": [
        resources_without_outputs(),
        outputs_without("api_endpoint"),
        outputs_without("lambda_function_version"),
    ],
    "alias": [None, Alias("live", 3, "r"), Alias("live", 2, "r", {1: 0.3}), Alias("live", 9, "r")],
    "claim": [
        claim(orphaned=False),
        claim(orphaned=True),
        claim(orphaned=True, rollout=Rollout("canary:10@5m", 1, 2, 0.1)),
    ],
    "lock": [lock(), lock(age=5.0), lock(age=5.0, is_dead=True), lock(age=5.0, unreadable="it has no ID")],
    "history": [
        (),
        (replace(LIVE, verified=False),),
        (replace(LIVE, version_after=1),),
        (replace(LIVE, package_sha256="other"),),
        *(after(outcome) for outcome in (Outcome.FAILED, Outcome.INTERRUPTED, Outcome.UNKNOWN, Outcome.RUNNING)),
        after(Outcome.INTERRUPTED, kind=Kind.ROLLBACK),
        after(Outcome.FAILED, kind=Kind.DESTROY),
    ],
    "unreadable_records": [("unreadable: k: it is truncated",)],
    "published": [(1,)],
    "function": [
        None,
        *(replace(FUNCTION_NOW, state=word) for word in ("Pending", "Inactive", "Failed", "Hibernating")),
        replace(FUNCTION_NOW, reserved=0),
        replace(FUNCTION_NOW, reserved=9),
        replace(FUNCTION_NOW, sha256="console"),
    ],
    "unpublished": [replace(FUNCTION_NOW, variables={}), replace(FUNCTION_NOW, memory_mb=128)],
    "provisioned": [None, Provisioned(2, 0, "FAILED"), Provisioned(2, 1, "IN_PROGRESS"), Provisioned(1, 1, "READY")],
    "policy": [None, {"Statement": []}, {"Statement": [{**ALLOWED, "Effect": "Deny"}]}],
    "api": [
        None,
        HttpApi(ROUTES[:1], (STAGE,), {"i1": URI}),
        HttpApi((), (STAGE,), {"i1": URI}),
        HttpApi(ROUTES, (), {"i1": URI}),
        HttpApi(ROUTES, (STAGE,), {}),
        HttpApi(ROUTES, (STAGE,), {"i1": URI}, is_disabled=True),
        HttpApi(ROUTES, (replace(STAGE, rate=0),), {"i1": URI}),
        HttpApi(ROUTES, (replace(STAGE, burst=0),), {"i1": URI}),
    ],
    "tables": [
        {TABLE: None},
        {TABLE: TableSettings(ON_DEMAND, "INACCESSIBLE_ENCRYPTION_CREDENTIALS", "ENABLED", "expires_at")},
        {TABLE: TableSettings(PROVISIONED, "ACTIVE", "ENABLED", "expires_at")},
        {TABLE: TableSettings(ON_DEMAND, "ACTIVE", "DISABLED")},
        {TABLE: TableSettings(ON_DEMAND, "UPDATING", "ENABLED", "expires_at", {"by_user": "CREATING"})},
    ],
    "log_groups": [{GROUP: None}, {GROUP: LogGroup(GROUP, None)}],
    "alarms": [
        None,
        alarm(state=AlarmState.ALARM),
        alarm(state=AlarmState.UNKNOWN, word="SNOOZED"),
        replace(ALARMS, missing=("slow",)),
        replace(ALARMS, never_made=("degraded",)),
        replace(ALARMS, silent=("slow",)),
        replace(ALARMS, topic_is_gone=True),
        replace(ALARMS, subscribers=Subscribers(0, 1)),
    ],
    "last_hour": [None],
    "health": [None, Health(ok=False, error="GET /health answered 503")],
    "drift": [Drift("local", (Drifted("a", gone=True),))],
    "workers": [(WorkerFact("orders", None, None),), (WorkerFact("orders", Alias("live", 2, "r"), 2),)],
}
READ = [one.name for one in fields(Facts) if one.name not in ("place", "unreadable_records")]
ONE_FAULT = [(name, value) for name, values in WRONG.items() for value in values]
ONE_FAULT += [(name, Unread(f"reading {name}: access denied")) for name in READ]


def verdict(facts: Facts) -> HealthVerdict:
    return verdict_on(facts, judge(facts))


def test_with_everything_right_it_is_healthy_with_nothing_to_type():
    assert (verdict(WELL), next_command(judge(WELL))) == (HealthVerdict.HEALTHY, "")


def test_variables_that_lambda_does_not_show_are_unknown_and_hide_no_other_change():
    hidden = replace(FUNCTION_NOW, variables={}, variables_unread="AccessDeniedException: KMS access was denied")
    found = by_hand(replace(WELL, unpublished=hidden))
    assert (found.level, "KMS access was denied" in found.detail) == (Level.UNKNOWN, True)
    found = by_hand(replace(WELL, unpublished=replace(hidden, memory_mb=128)))
    assert (found.level, found.detail) == (Level.WARN, "changed by hand, not yet live: memory_size")


@pytest.mark.parametrize(
    ("table", "words"),
    [
        (
            TableSettings(ON_DEMAND, "UPDATING", "ENABLED", "expires_at", {"by_user": "CREATING"}),
            "the index by_user of sessions is CREATING: queries of it fail until it is ACTIVE",
        ),
        (TableSettings(ON_DEMAND, "INACCESSIBLE_ENCRYPTION_CREDENTIALS"), "its KMS key cannot be used; enable the key"),
        (TableSettings(ON_DEMAND, "ARCHIVED"), "restore the table from its backup"),
    ],
)
def test_a_table_that_cannot_be_read_says_why(table, words):
    finding = next(one for one in judge(replace(WELL, tables={"sessions": table})) if one.name == "tables")
    assert words in finding.detail


@pytest.mark.parametrize(
    "table",
    [
        TableSettings(ON_DEMAND, "SLEEPING", "ENABLED", "expires_at"),
        TableSettings(ON_DEMAND, "ACTIVE", "ENABLED", "expires_at", {"by_user": "SLEEPING"}),
    ],
)
def test_a_state_that_this_version_does_not_know_is_unknown(table):
    finding = next(one for one in judge(replace(WELL, tables={TABLE: table})) if one.name == "tables")
    assert (finding.level, "is in the unknown state 'SLEEPING'" in finding.detail) == (Level.UNKNOWN, True)


def test_every_fact_can_be_planted_as_wrong():
    assert set(WRONG) == {one.name for one in fields(Facts)} - {"place"}


@pytest.mark.parametrize(("name", "value"), ONE_FAULT, ids=[f"{name}-{at}" for at, (name, _) in enumerate(ONE_FAULT)])
def test_one_fault_is_never_healthy(name, value):
    assert verdict(replace(WELL, **{name: value})) is not HealthVerdict.HEALTHY


@given(st.data())
def test_no_combination_of_faults_is_healthy(data):
    names = data.draw(st.sets(st.sampled_from(sorted(WRONG)), min_size=1))
    planted: dict[str, object] = {}
    for name in sorted(names):
        choices = [*WRONG[name], *([Unread("denied")] if name in READ else [])]
        planted[name] = data.draw(st.sampled_from(choices))
    assert verdict(replace(WELL, **planted)) is not HealthVerdict.HEALTHY


def test_what_cannot_be_read_is_unknown_and_says_why():
    for name in READ:
        findings = judge(replace(WELL, **{name: Unread(f"reading {name}: access denied")}))
        assert any("access denied" in one.detail for one in findings), name


def test_drift_that_nobody_asked_for_is_not_a_fault():
    assert verdict(replace(WELL, drift=None)) is HealthVerdict.HEALTHY


def test_weights_that_lambda_sets_while_it_warms_are_no_split_of_a_person():
    warming = replace(WELL, alias=Alias("live", 2, "r", {1: 1.0}), provisioned=Provisioned(2, 0, "IN_PROGRESS"))
    assert verdict(warming) is HealthVerdict.RELEASING


def test_a_young_lock_means_that_someone_is_at_work():
    assert verdict(replace(WELL, lock=lock(age=5.0))) is HealthVerdict.RELEASING


def test_a_topic_without_subscribers_is_reported_and_no_fault():
    quiet = replace(WELL, alarms=replace(ALARMS, subscribers=Subscribers(0), subscribes=False))
    detail = next(one.detail for one in judge(quiet) if one.name == "alarms")
    assert (verdict(quiet), detail.endswith("nobody is notified, because nobody subscribes")) == (
        HealthVerdict.HEALTHY,
        True,
    )


def test_another_api_of_the_project_is_not_compared_with_ours():
    kinds = {"aws_apigatewayv2_stage": {"name": "admin"}, "aws_apigatewayv2_route": {"route_key": "GET /admin"}}
    theirs = [Resource(f"{kind}.admin", kind, {"api_id": "other", **values}) for kind, values in kinds.items()]
    stored = Stored(WELL.stored.outputs, Resources((*RESOURCES.found, *theirs)))
    [found] = [one for one in judge(replace(WELL, stored=stored)) if one.name == "routes"]
    assert found.level.value == "ok"


def test_a_moved_alias_goes_back_where_the_last_release_left_it():
    facts = replace(WELL, alias=Alias("live", 1, "r"))
    assert next_command(judge(facts)) == "hybridctl rollback local --version 2"


@pytest.mark.parametrize(
    ("version", "text"), [(UNPUBLISHED, "points to $LATEST"), (9, "points to version 9, which was deleted")]
)
def test_an_alias_on_no_published_version_goes_back_to_the_last_live_one_not_the_newest(version, text):
    """Of the three versions, the second was live; the third was taken back."""
    findings = judge(replace(WELL, alias=Alias("live", version, "r")))
    assert next_command(findings) == "hybridctl rollback local --version 2"
    assert any(text in one.detail for one in findings)


def test_an_environment_that_was_destroyed_is_not_deployed():
    gone = replace(LIVE, kind=Kind.DESTROY, version_after=None)
    facts = replace(WELL, stored=Stored(), alias=None, history=(gone,), function=None)
    assert verdict(facts) is HealthVerdict.NOT_DEPLOYED
