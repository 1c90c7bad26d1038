"""Which triggers of a plan would invoke the function itself, and not the alias that releases move."""

from typing import Any

import pytest

from hybridctl.domain.policy import refusals
from hybridctl.domain.unproven_triggers import find_unproven_triggers

ARN = "arn:aws:lambda:us-east-1:000000000000:function:shop-local"
MAPPING = "aws_lambda_event_source_mapping"


def plan_of(*resources: tuple[str, dict[str, Any]], configuration: dict[str, Any] | None = None) -> dict[str, Any]:
    listed = [
        {"address": address, "type": address.split(".")[-2], "mode": "managed", "values": values}
        for address, values in resources
    ]
    root = {"root_module": configuration} if configuration else {}
    return {"planned_values": {"root_module": {"resources": listed}}, "configuration": root, "resource_changes": []}


ALIAS = ("aws_lambda_alias.live", {"function_name": "shop-local", "name": "live"})


@pytest.mark.parametrize(
    ("value", "is_unproven"),
    [
        (ARN, True),
        ("shop-local", True),
        (f"{ARN}:$LATEST", True),
        (f"{ARN}:live", False),
        ("shop-local:live", False),
        ("somebody-elses", False),
        ("arn:aws:sqs:us-east-1:000000000000:a-queue", False),
    ],
)
def test_a_trigger_has_to_name_the_alias_of_a_function_that_has_one(value: str, is_unproven: bool) -> None:
    for address, argument in ((f"{MAPPING}.q", "function_name"), ("aws_cloudwatch_event_target.t", "arn")):
        plan = plan_of(ALIAS, (address, {argument: value}))
        assert list(find_unproven_triggers(plan)) == ([address] if is_unproven else [])


def test_a_function_without_an_alias_is_none_that_is_released() -> None:
    assert list(find_unproven_triggers(plan_of((f"{MAPPING}.q", {"function_name": ARN})))) == []


def refers(*references: str) -> dict[str, Any]:
    return {"function_name": {"references": list(references)}}


@pytest.mark.parametrize(
    ("references", "is_unproven"),
    [
        (("aws_lambda_function.this.arn", "aws_lambda_function.this"), True),
        (("aws_lambda_alias.live.arn", "aws_lambda_alias.live"), False),
        (("aws_lambda_function.this.arn", "aws_lambda_alias.live.name"), False),
        (("module.function.arn", "module.function"), True),
        (("module.function.alias_arn", "module.function"), False),
        (("local.somewhere",), False),
    ],
)
def test_what_is_not_known_yet_is_judged_by_what_the_hcl_refers_to(
    references: tuple[str, ...], is_unproven: bool
) -> None:
    outputs = {
        "arn": {"expression": {"references": ["aws_lambda_function.this.arn"]}},
        "alias_arn": {"expression": {"references": ["aws_lambda_alias.live.arn"]}},
    }
    written = {
        "resources": [{"address": f"{MAPPING}.q", "expressions": refers(*references)}],
        "module_calls": {"function": {"module": {"outputs": outputs}}},
    }
    plan = plan_of(ALIAS, (f"{MAPPING}.q[0]", {}), configuration=written)
    assert list(find_unproven_triggers(plan)) == ([f"{MAPPING}.q[0]"] if is_unproven else [])


@pytest.mark.parametrize(("output", "is_unproven"), [("arn", True), ("alias_arn", False)])
def test_a_module_that_is_given_the_function_is_looked_into(output: str, is_unproven: bool) -> None:
    function = {
        "outputs": {
            "arn": {"expression": {"references": ["aws_lambda_function.this.arn"]}},
            "alias_arn": {"expression": {"references": ["aws_lambda_alias.live.arn"]}},
        }
    }
    trigger = {"resources": [{"address": f"{MAPPING}.q", "expressions": refers("var.function")}]}
    calls = {
        "function": {"module": function},
        "queue": {"module": trigger, "expressions": {"function": {"references": [f"module.function.{output}"]}}},
    }
    address = f'module.queue["orders"].{MAPPING}.q'
    plan = plan_of(ALIAS, (address, {}), configuration={"module_calls": calls})
    assert list(find_unproven_triggers(plan)) == ([address] if is_unproven else [])


def test_the_policy_refuses_it_by_name() -> None:
    plan = plan_of(ALIAS, (f"{MAPPING}.q", {"function_name": ARN}))
    [refusal] = refusals(plan)
    assert refusal.allow == f"unproven-trigger:{MAPPING}.q"
    assert refusal.why == "would invoke code that is not proven: name the alias, as aws_lambda_alias.live.arn"
    assert refusals(plan, allowed=[refusal.allow]) == []
