"""What `cost` shows: a given load, a measured one, two environments; and the line of a plan."""

import json
import re
from datetime import timedelta
from pathlib import Path

import pytest

from fakes import FakeBackend
from fakes.clock import NOON
from fakes.measured import LIVE, make_measured
from fakes.settings import SESSIONS
from hybridctl.adapters.checkout import GitCheckout
from hybridctl.domain.cost.bill import bill, even, modes
from hybridctl.domain.cost.load import Load, PerRequest, PricedPart, Shape
from hybridctl.domain.cost.plan import cost_delta
from hybridctl.domain.tfstate import Resource, Resources

REPOSITORY = Path(__file__).resolve().parents[2]


@pytest.fixture
def checkout():
    return GitCheckout(REPOSITORY, REPOSITORY / ".hybridctl", REPOSITORY / "terraform/environments", {})


@pytest.fixture
def prices(tmp_path):
    from hybridctl.adapters.price_list import ListPrices

    return ListPrices(tmp_path, lambda: None).of("us-east-1")


def test_a_given_load_asks_nothing_of_aws(hybridctl, golden, checkout):
    golden("cost-given.txt", hybridctl("cost", "staging", "--requests", "1M", checkout=checkout).transcript)


def test_a_narrow_terminal_shows_every_amount_whole(hybridctl, checkout):
    wide, narrow = (
        hybridctl("cost", "staging", "--requests", "1M", checkout=checkout, width=width).out for width in (120, 50)
    )
    assert "…" not in narrow
    assert re.findall(r"\$[\d.]+", narrow) == re.findall(r"\$[\d.]+", wide)


def test_an_amount_too_small_to_show_is_shown_as_less(hybridctl, checkout):
    ran = hybridctl("cost", "staging", "--requests", "1", checkout=checkout)
    assert "logs kept <0.001 GB-month" in " ".join(ran.out.split())
    assert "e-0" not in ran.out


def test_what_is_free_for_a_year_only_is_named_and_not_subtracted(hybridctl, checkout):
    ran = hybridctl("cost", "staging", "--requests", "1M", "--free-tier", checkout=checkout)
    assert "requests, by 512 KB 1M requests $1.00" in " ".join(ran.out.split())
    assert "free only in an account's first year: requests, by 512 KB" in " ".join(ran.out.split())


def test_two_environments_side_by_side(hybridctl, golden, checkout):
    ran = hybridctl("cost", "production", "--requests", "5M", "--against", "staging", checkout=checkout)
    golden("cost-against.txt", ran.transcript)


def busy() -> FakeBackend:
    """Two days of a thousand requests an hour."""
    backend = make_measured(1)
    hours, start = 48, NOON - timedelta(hours=48)
    source = backend.metrics
    for metric, value, of in (
        ("Count", 1000, "local"),
        ("DataProcessed", 1_500_000, "local"),
        ("Invocations", 1000, LIVE),
        ("Duration", 12_500, LIVE),
        ("IncomingBytes", 850_000, "/aws/lambda/hybrid-ci-cd-local"),
        ("ConsumedReadCapacityUnits", 2000, "hybrid-ci-cd-sessions-local"),
        ("ConsumedWriteCapacityUnits", 100, "hybrid-ci-cd-sessions-local"),
        ("ConsumedWriteCapacityUnits", 100, "by_user"),
    ):
        source.put(metric, [float(value)] * hours, of=of, start=start, seconds=3600)
    backend.tables.found = {SESSIONS.name: SESSIONS}
    kinds = ["metric_alarm", "metric_alarm", "composite_alarm", "dashboard"]
    backend.state.held = Resources(
        tuple(
            Resource(f"aws_cloudwatch_{kind}.{number}", f"aws_cloudwatch_{kind}") for number, kind in enumerate(kinds)
        )
    )
    return backend


def test_a_backend_without_alarms_and_dashboard_does_not_pay_for_them(hybridctl):
    backend = busy()
    backend.state.held = Resources(())
    del backend.state.values["dynamodb_sessions_table"]
    bill = hybridctl("cost", "--days", "30", backend=backend)
    assert bill.code == 0, bill.err
    assert not [word for word in ("alarms", "dashboards", "custom metrics") if word in bill.out]
    assert "metrics that the function publishes itself are not included" in bill.out


def test_the_load_of_the_last_days_is_made_a_month(hybridctl, golden):
    golden("cost-measured.txt", hybridctl("cost", "--days", "30", backend=busy()).transcript)
    month = json.loads(hybridctl("--output", "json", "cost", "--days", "30", backend=busy()).out)
    assert month["load"]["requests"] == pytest.approx(1000 * 730)
    assert month["load"]["duration_ms"] == 12.5
    assert month["load"]["units"]["sessions by_user"] == [0.0, pytest.approx(100 * 730)]
    assert month["load"]["storage_gb"] == 0.8


def test_without_requests_or_deployment_a_load_is_asked_for(hybridctl):
    idle = hybridctl("cost", backend=make_measured(1))
    assert (idle.code, "hybridctl cost local --requests 1M" in idle.err) == (3, True)
    absent = hybridctl("cost", backend=FakeBackend())
    assert (absent.code, "is not deployed" in absent.err) == (3, True)


@pytest.mark.parametrize("text", ["many", "-3", "0", "1X", "nan", ""])
def test_a_number_that_cannot_be_read_is_named(hybridctl, text):
    ran = hybridctl("cost", "staging", f"--requests={text}")
    assert (ran.code, "--requests" in ran.err) == (2, True)


def test_a_comparison_needs_a_given_load(hybridctl):
    assert hybridctl("cost", "production", "--against", "staging").code == 2


def test_a_value_that_the_hcl_does_not_set_is_named(hybridctl):
    ran = hybridctl("cost", "staging", "--requests", "1M")
    assert (ran.code, "lambda_memory_size is not set" in ran.err) == (2, True)


def test_capacity_pays_from_the_same_use_on_for_reads_and_writes(prices):
    assert even(prices) == (pytest.approx(0.2889, abs=1e-4), pytest.approx(0.2889, abs=1e-4))


def test_at_break_even_both_ways_cost_the_same(prices):
    table = PricedPart("sessions", provisioned=True, read=100, write=100)
    seconds = 730 * 3600
    used = even(prices)[1]
    load = Load(1, 1, {"sessions": (100 * used * seconds, 100 * used * seconds)})
    both = modes(Shape(512, parts=(table,)), load, prices)
    assert both.on_demand == pytest.approx(both.provisioned)
    assert both.write_used == pytest.approx(used)


def test_a_load_beyond_the_floor_buys_more_capacity(prices):
    shape = Shape(512, parts=(PricedPart("sessions", provisioned=True, read=20, write=20),))
    load = Load(1, 1, {"sessions": (30 * 730 * 3600, 1)})
    scaled = [line for line in bill(shape, load, prices) if line.about == "read capacity, scaled"]
    assert scaled[0].quantity == pytest.approx((43 - 20) * 730)
    assert not scaled[0].fixed


def test_a_large_answer_is_metered_as_several_requests(prices):
    load = PerRequest(answer_kb=513).load(1000, 0, ())
    assert [line.quantity for line in bill(Shape(512), load, prices) if line.service == "HTTP API"] == [2000]


def table(mode, read=0, write=0):
    index = {"name": "by_user", "read_capacity": read, "write_capacity": write}
    values = {"name": "things", "billing_mode": mode, "read_capacity": read, "write_capacity": write, "ttl": [{}]}
    return {"type": "aws_dynamodb_table", "mode": "managed", "values": values | {"global_secondary_index": [index]}}


def function(memory=512):
    return {
        "type": "aws_lambda_function",
        "mode": "managed",
        "values": {"memory_size": memory, "architectures": ["arm64"]},
    }


def plan(before, after):
    return {
        "prior_state": {"values": {"root_module": {"child_modules": [{"resources": before}]}}},
        "planned_values": {"root_module": {"child_modules": [{"resources": after}]}},
    }


def test_a_switch_of_the_billing_mode_says_what_it_costs(prices):
    delta = cost_delta(plan([function(), table("PAY_PER_REQUEST")], [function(), table("PROVISIONED", 20, 20)]), prices)
    assert delta is not None
    assert delta.fixed == pytest.approx(2 * 11.388 + 16 * 0.10)  # table and index, and autoscaling's own alarms
    assert delta.per_million == pytest.approx(-0.50)


def test_memory_costs_by_the_request_and_not_by_the_month(prices):
    delta = cost_delta(plan([function(512)], [function(1024)]), prices)
    assert delta is not None
    assert (delta.fixed, delta.per_million) == (0, pytest.approx(0.133334))


def test_a_plan_that_changes_no_cost_says_so(hybridctl):
    backend = FakeBackend.deployed(1)
    backend.terraform.planned = plan([function()], [function()]) | {"resource_changes": []}
    assert "cost: unchanged" in hybridctl("plan", "local", backend=backend).out


def test_plan_and_dry_run_show_the_difference(hybridctl):
    backend = FakeBackend.deployed(1)
    planned = plan([function(), table("PAY_PER_REQUEST")], [function(), table("PROVISIONED", 20, 20)])
    backend.terraform.planned = planned | {"resource_changes": []}
    for line in (["plan", "local"], ["deploy", "local", "--dry-run"]):
        assert "cost: +$24.38 a month (write capacity +$18.98," in hybridctl(*line, backend=backend).out.replace(
            "\n", " "
        )
    answer = json.loads(hybridctl("--output", "json", "plan", "local", backend=backend).out)
    assert answer["cost"]["fixed"] == pytest.approx(24.376)


def test_a_deploy_shows_the_difference_before_it_asks(hybridctl):
    planned = plan([function(), table("PAY_PER_REQUEST")], [function(), table("PROVISIONED", 20, 20)])
    change = {"address": "a", "type": "t", "change": {"actions": ["update"], "before": {}, "after": {}}}
    for argv, code, answer in (
        (["deploy", "staging"], 6, True),  # asked, and declined
        (["deploy", "local", "--as", "production"], 0, True),
        (["deploy", "local"], 0, False),
    ):
        backend = FakeBackend.deployed(1)
        backend.terraform.planned = planned | {"resource_changes": [change]}
        ran = hybridctl(*argv, backend=backend, answer="n")
        assert (ran.code, "cost: +$24.38 a month" in ran.err) == (code, answer), argv
