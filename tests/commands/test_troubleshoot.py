"""The four troubles from planted evidence: what is found, why, and the command that fixes it."""

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from fakes import FakeBackend, FakeCheckout
from fakes.clock import NOON
from fakes.log_lines import request
from fakes.measured import LIVE, make_measured
from fakes.session_items import T, session
from fakes.settings import FUNCTION
from hybridctl.adapters.price_list import ListPrices
from hybridctl.domain.logs.events import LogEvent
from hybridctl.domain.provisioned import Provisioned
from hybridctl.domain.sessions import TimeToLive
from hybridctl.domain.table import ON_DEMAND, PROVISIONED, Table, TablePart
from hybridctl.domain.tfstate import Resource, Resources
from hybridctl.domain.troubles.cold_starts import Starts, judge_cold_starts
from hybridctl.domain.troubles.throttling import Pressure, Use, judge_throttling

SESSIONS, JOBS, AGENTS = (f"hybrid-ci-cd-{name}-local" for name in ("sessions", "jobs", "agents"))
METHODS, HEADERS = ["DELETE", "GET", "POST"], ["authorization", "content-type"]
ALLOWED = ["http://localhost:3000", "https://app.example.com"]


@pytest.fixture
def prices(tmp_path):
    return ListPrices(tmp_path, lambda: None).of("us-east-1")


def quiet(billing: str = ON_DEMAND, units: int = 0, projection: str = "ALL") -> FakeBackend:
    """A deployed environment without traffic or trouble."""
    backend = make_measured(1)
    backend.logs.rate = 0
    backend.functions.packages = {1: {"backend/store.py": b"x" * 9000, "backend/entry.py": b"x" * 3000}}
    index = TablePart("by_user", units, units, 0, projection)
    whole = TablePart(None, units, units, 0)
    parts = {SESSIONS: (whole, index), JOBS: (whole,), AGENTS: (whole,)}
    backend.tables.found = {name: Table(name, billing, of) for name, of in parts.items()}
    api = Resource(
        "aws_apigatewayv2_api.this",
        "aws_apigatewayv2_api",
        {"cors_configuration": [{"allow_origins": ALLOWED, "allow_methods": METHODS, "allow_headers": HEADERS}]},
    )
    backend.state.held = Resources((api,))
    backend.probe.allows = set(ALLOWED)
    return backend


def report(number: int, init: float | None = None) -> LogEvent:
    at = NOON - timedelta(minutes=number)
    tail = f"Init Duration: {init:.2f} ms\t" if init else ""
    message = (
        f"REPORT RequestId: {number:08d}-0000-0000-0000-000000000000\tDuration: 5.00 ms\tBilled Duration: 5 ms\t"
        f"Memory Size: 512 MB\tMax Memory Used: 44 MB\t{tail}"
    )
    return LogEvent(str(number), at, at, f"2026/03/01/[1]{'0' * 32}", message)


def test_cold_starts_are_counted_from_the_report_lines(hybridctl, golden):
    backend = quiet()
    backend.logs.events = [report(number, init=400.0 if number % 10 == 0 else None) for number in range(100)]
    backend.metrics.put("ConcurrentExecutions", [1.0, 3.0], of="hybrid-ci-cd-local", statistic="Maximum")
    golden("troubleshoot-cold-starts.txt", hybridctl("troubleshoot", "cold-starts", backend=backend).transcript)


def test_without_requests_there_is_nothing_to_judge(hybridctl):
    ran = hybridctl("troubleshoot", "cold-starts", backend=quiet())
    assert (ran.code, ran.out.splitlines()[-1]) == (0, "→ hybridctl smoke local")


def test_requests_of_environments_started_ahead_of_time_are_not_cold(hybridctl):
    """Their REPORT has an init anyway; the handler says cold_start: false, and it decides."""
    backend = quiet()
    backend.functions.warm = Provisioned(2, 2, "READY")
    for number in range(120):
        backend.logs.events += request(
            NOON - timedelta(minutes=number + 1), number, init=1810.0 if number < 10 else None, cold_start=number < 2
        )
    ran = hybridctl("--output", "json", "troubleshoot", "cold-starts", backend=backend)
    found = {one["what"]: one["said"] for one in json.loads(ran.out)["evidence"]}
    assert found["cold requests"] == "2 of 120 in 12 h (1.7%)"
    assert found["started in advance"] == "8 requests used an environment that had been started in advance"


def judge_starts(prices: Any, *, warm: int = 0, **more: Any) -> Any:
    settings = {name: more.pop(name) for name in ("memory_mb", "reserved") if name in more}
    room = more.pop("room", None)
    starts = Starts(**({"requests": 1000, "inits": (300.0,) * 50, "hours": 10.0} | more))
    return judge_cold_starts("local", starts, replace(FUNCTION, **settings), warm, {}, prices, room)


def test_advice_on_the_length_of_starts_needs_several_of_them(prices):
    few = judge_starts(prices, memory_mb=256, inits=(3000.0,) * 4)
    assert (few.found, few.remedy.deploys) == (False, False)
    assert "too few to draw conclusions" in few.evidence[1].said
    enough = judge_starts(prices, memory_mb=256, inits=(3000.0,) * 5)
    assert enough.remedy.variables == {"lambda_memory_size": "512"}


@pytest.mark.parametrize(("room", "kept"), [(None, "12"), (40, "12"), (7, "7")])
def test_no_more_is_kept_warm_than_the_account_has_room_for(prices, room, kept):
    answer = judge_starts(prices, at_once=12.0, room=room)
    assert answer.remedy.variables == {"lambda_provisioned_concurrency": kept}
    reserved = judge_starts(prices, at_once=12.0, room=room, reserved=5).remedy.variables["lambda_reserved_concurrency"]
    assert int(reserved) <= (room or 24)


def test_an_account_without_room_is_sent_to_the_doctor(prices):
    answer = judge_starts(prices, warm=2, at_once=5.0, room=2)
    assert (answer.remedy.deploys, answer.remedy.command) == (False, "hybridctl doctor local")
    refused = judge_table(prices, use(), turned_away=30, reserved=10, room=10)
    assert refused.remedy.command == "hybridctl doctor local"


def test_a_variable_that_the_project_does_not_declare_is_not_deployed(hybridctl):
    checkout = FakeCheckout(variables={"memory"})
    ran = hybridctl("troubleshoot", "cors", "--origin", "https://new.example.com", backend=quiet(), checkout=checkout)
    assert (ran.code, ran.out.splitlines()[-1]) == (5, "→ hybridctl plan local")
    assert "no variable cors_origins" in " ".join(ran.out.split())


def test_long_starts_of_a_small_function_are_given_more_processor_first(prices):
    answer = judge_starts(prices, memory_mb=256, inits=(3000.0,) * 50)
    assert answer.remedy.variables == {"lambda_memory_size": "512"}
    assert "about 1500 ms" in answer.remedy.why


def test_more_memory_than_a_processor_is_not_bought_for_a_start(prices):
    assert "lambda_memory_size" not in judge_starts(prices, memory_mb=1769, inits=(3000.0,) * 50).remedy.variables


def test_kept_environments_are_as_many_as_ran_at_one_time_and_have_a_price(prices):
    answer = judge_starts(prices, at_once=3.0)
    assert answer.remedy.variables == {"lambda_provisioned_concurrency": "3"}
    assert "+$13.14 a month" in answer.remedy.why
    assert answer.remedy.command == "hybridctl deploy local --var lambda_provisioned_concurrency=3 --save"


def test_ten_reserved_executions_leave_room_for_the_advice(prices):
    answer = judge_starts(prices, at_once=12.0, reserved=10, throttled=7.0)
    assert answer.remedy.variables == {"lambda_provisioned_concurrency": "12", "lambda_reserved_concurrency": "24"}
    assert any(one.bad and "7 requests throttled" in one.said for one in answer.evidence)
    assert "keeps nothing warm" in answer.explained[0]


def test_rare_and_short_starts_are_no_trouble(prices):
    answer = judge_starts(prices, inits=(300.0,) * 5)
    assert (answer.found, answer.remedy.deploys) == (False, False)


def use(kind: str = "write", throttled: float = 0.0, peak: float = 0.0, capacity: float = 0.0) -> Use:
    return Use(SESSIONS, kind, throttled, (peak * 60, 0.0), capacity)


def judge_table(prices: Any, *uses: Use, provisioned: bool = False, **more: Any) -> Any:
    return judge_throttling("local", Pressure(12.0, provisioned, uses, **more), prices)


def test_capacity_that_is_used_up_is_raised_or_left_behind_whichever_is_cheaper(prices):
    bursty = judge_table(prices, use(throttled=90, peak=25, capacity=20), provisioned=True)
    assert bursty.remedy.variables == {"dynamodb_billing_mode": "PAY_PER_REQUEST"}
    steady = Use(SESSIONS, "write", 90, (19 * 60.0,) * 720, 20)
    raised = judge_throttling("local", Pressure(12.0, True, (steady,), most={"read": 200, "write": 25}), prices)
    assert raised.remedy.variables == {"dynamodb_write_capacity": "28", "dynamodb_max_write_capacity": "56"}
    assert "autoscaling reacts after two minutes" in raised.explained[0]


def test_throttling_below_capacity_points_at_a_hot_key(prices):
    answer = judge_table(prices, use(throttled=5, peak=4, capacity=20), provisioned=True)
    assert "probably one key is too hot" in answer.verdict
    assert SESSIONS in answer.remedy.command
    assert not answer.remedy.deploys


def test_on_demand_throttling_is_not_fixed_by_twenty_units(prices):
    answer = judge_table(prices, use(throttled=5, peak=40))
    assert any("earlier than on demand: this load exceeded it for 1 min" in one for one in answer.explained)


@pytest.mark.parametrize(
    ("reserved", "command"),
    [
        (None, "hybridctl doctor local"),
        (0, "hybridctl deploy local"),
        (10, "hybridctl deploy local --var lambda_reserved_concurrency=20 --save"),
    ],
)
def test_what_lambda_throttled_is_not_the_tables_fault(prices, reserved, command):
    answer = judge_table(prices, use(), turned_away=30, turned_away_at=NOON, reserved=reserved)
    assert "Lambda throttled 30 requests" in answer.verdict
    assert "the last at 2026-03-01 12:00 UTC; " in answer.verdict
    assert answer.verdict.endswith(" reserved now")
    assert answer.remedy.command == command


def test_throttling_is_reported_by_table_and_direction(hybridctl, golden):
    backend = quiet(PROVISIONED, 5)
    minutes = [60.0] * 30 + [290.0] * 30
    backend.metrics.put("ConsumedWriteCapacityUnits", minutes, of=SESSIONS)
    backend.metrics.put("ConsumedReadCapacityUnits", [30.0] * 60, of=SESSIONS)
    backend.metrics.put("WriteThrottleEvents", [0.0] * 59 + [17.0], of=SESSIONS)
    golden("troubleshoot-throttling.txt", hybridctl("troubleshoot", "throttling", backend=backend).transcript)


def test_nothing_throttled_says_what_the_load_costs_either_way(hybridctl):
    ran = hybridctl("troubleshoot", "throttling", "--since", "3h", backend=quiet())
    assert (ran.code, ran.out.splitlines()[0]) == (0, "nothing was throttled in 3 h")


@pytest.mark.parametrize("since", ["2d", "10s", "soon"])
def test_a_period_that_cannot_be_measured_is_named(hybridctl, since):
    ran = hybridctl("troubleshoot", "throttling", "--since", since, backend=quiet())
    assert (ran.code, "--since" in ran.err) == (2, True)


def test_requests_throttled_by_lambda_are_seen(hybridctl):
    backend = quiet()
    backend.metrics.put("Throttles", [12.0], of=LIVE)
    backend.function_settings.live = replace(FUNCTION, reserved=0)
    ran = hybridctl("troubleshoot", "throttling", backend=backend)
    assert (ran.code, ran.out.splitlines()[-1]) == (5, "→ hybridctl deploy local")
    assert "Lambda throttled 12 requests in 12 h, the last at 2026-03-01 " in ran.out


def test_sessions_in_milliseconds_are_named_with_their_user(hybridctl, golden):
    backend = quiet()
    wrong = session("badbadba", user_id="eve", expires_at=(T + 3600) * 1000)
    backend.sessions.sessions = {one.id: one for one in (session(), wrong)}
    golden("troubleshoot-sessions.txt", hybridctl("troubleshoot", "sessions", backend=backend).transcript)


def test_ttl_that_is_off_is_the_first_to_fix(hybridctl):
    backend = quiet()
    backend.sessions.ttl = TimeToLive("DISABLED")
    ran = hybridctl("troubleshoot", "sessions", backend=backend)
    assert (ran.code, ran.out.splitlines()[0]) == (5, f"TTL of {SESSIONS} is disabled")
    assert ran.out.splitlines()[-1] == "→ hybridctl deploy local"


def test_an_index_that_does_not_show_whole_items_is_named(hybridctl):
    ran = hybridctl("troubleshoot", "sessions", backend=quiet(projection="KEYS_ONLY"))
    assert (ran.code, "by_user projects KEYS_ONLY" in ran.out) == (5, True)


def test_a_clock_that_is_off_is_named(hybridctl):
    backend = quiet()
    backend.caller.who = replace(backend.caller.who, at=NOON + timedelta(minutes=2))
    ran = hybridctl("troubleshoot", "sessions", backend=backend)
    assert (ran.code, "120 s behind AWS's" in ran.out) == (5, True)


def test_one_session_is_looked_for_by_its_id(hybridctl):
    backend = quiet()
    kept = session()
    backend.sessions.sessions = {kept.id: kept}
    assert hybridctl("troubleshoot", "sessions", "--session", kept.id, backend=backend).code == 0
    absent = hybridctl("troubleshoot", "sessions", "--session", "y" * 43, backend=backend)
    assert (absent.code, "not found: ended, deleted, or never created" in absent.out) == (5, True)


def test_an_origin_that_is_missing_is_added_to_the_others(hybridctl, golden):
    argv = ("troubleshoot", "cors", "local", "--origin", "https://new.example.com")
    golden("troubleshoot-cors.txt", hybridctl(*argv, backend=quiet()).transcript)
    answer = json.loads(hybridctl("--output", "json", *argv, backend=quiet()).out)
    assert json.loads(answer["remedy"]["variables"]["cors_origins"]) == [*ALLOWED, "https://new.example.com"]


def test_an_origin_that_is_allowed_is_not_a_trouble(hybridctl):
    assert hybridctl("troubleshoot", "cors", "--origin", ALLOWED[1], backend=quiet()).code == 0


def test_an_origin_taken_away_by_hand_is_put_back_by_a_deploy(hybridctl):
    backend = quiet()
    backend.probe.allows = set()
    ran = hybridctl("troubleshoot", "cors", "--origin", ALLOWED[0], backend=backend)
    assert (ran.code, ran.out.splitlines()[-1]) == (5, "→ hybridctl deploy local")


def test_apply_carries_the_fix_out_as_a_release_that_keeps_its_values(hybridctl):
    backend, checkout = quiet(), FakeCheckout()
    argv = ("troubleshoot", "cors", "local", "--origin", "https://new.example.com", "--apply")
    ran = hybridctl(*argv, backend=backend, checkout=checkout)
    assert ran.code == 0, ran.err
    asked = backend.terraform.requests[-1].variables["cors_origins"]
    assert json.loads(asked) == [*ALLOWED, "https://new.example.com"]
    assert "https://new.example.com is blocked" in ran.err


def test_apply_asks_for_consent_as_a_deploy_does(hybridctl):
    backend = quiet()
    backend.state.values = {**(backend.state.values or {}), "api_endpoint": "https://x.example.com"}
    argv = ("troubleshoot", "cors", "staging", "--origin", "https://new.example.com", "--apply")
    backend.terraform.planned = {"resource_changes": [{"address": "a", "type": "t", "change": {"actions": ["update"]}}]}
    ran = hybridctl(*argv, backend=backend)
    assert (ran.code, backend.terraform.applied) == (6, 0)


def test_apply_of_a_fix_that_is_not_a_deploy_says_what_to_type(hybridctl):
    backend = quiet()
    wrong = session("badbadba", user_id="eve", expires_at=(T + 3600) * 1000)
    backend.sessions.sessions = {wrong.id: wrong}
    ran = hybridctl("troubleshoot", "sessions", "--apply", backend=backend)
    assert (ran.code, "hybridctl sessions revoke eve -e local" in ran.err) == (2, True)


def test_apply_without_a_trouble_changes_nothing(hybridctl):
    backend = quiet()
    assert hybridctl("troubleshoot", "cors", "local", "--origin", ALLOWED[0], "--apply", backend=backend).code == 0
    assert backend.terraform.requests == []


@pytest.mark.parametrize("trouble", ["cold-starts", "throttling", "sessions"])
def test_before_any_deploy_there_is_nothing_to_look_at(hybridctl, trouble):
    assert hybridctl("troubleshoot", trouble, backend=FakeBackend()).code == 3


def test_what_is_kept_warm_already_is_counted(hybridctl):
    backend = quiet()
    backend.functions.warm = Provisioned(2, 2, "READY")
    backend.logs.events = [report(number, init=400.0) for number in range(100)]
    backend.metrics.put("ConcurrentExecutions", [5.0], of="hybrid-ci-cd-local", statistic="Maximum")
    ran = hybridctl("troubleshoot", "cold-starts", backend=backend)
    assert "lambda_provisioned_concurrency=5" in ran.out
    assert "+$13.14 a month" in ran.out


def test_one_start_of_a_fresh_deploy_is_too_little_to_advise_on(hybridctl):
    backend = quiet()
    backend.logs.events = [report(number, init=400.0 if number == 0 else None) for number in range(30)]
    ran = hybridctl("troubleshoot", "cold-starts", backend=backend)
    assert (ran.code, "too few for advice" in " ".join(ran.out.split())) == (0, True)
    assert "lambda_provisioned_concurrency=" not in ran.out.split("next:")[1]


def test_more_than_ever_ran_at_one_time_is_not_advised(prices):
    answer = judge_starts(prices, warm=2, at_once=1.0)
    assert not answer.remedy.deploys
    assert "more would not help" in answer.remedy.why


def test_cors_without_an_origin_says_what_to_type(hybridctl):
    ran = hybridctl("troubleshoot", "cors", "local", backend=quiet())
    assert ran.code == 2
    assert "hint: hybridctl troubleshoot cors --origin https://app.example.com" in ran.err
