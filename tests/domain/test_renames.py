"""The same object at two addresses of a plan."""

from typing import Any

import pytest

from hybridctl.domain.renames import describe_renames, find_move, find_renames

ALARM = {"alarm_name": "shop-errors-staging"}


def change(address: str, action: str, values: dict[str, Any], kind: str = "aws_cloudwatch_metric_alarm", **more: Any):
    before, after = (values, None) if action == "delete" else (None, values)
    return {
        "address": f"{kind}.{address}",
        "type": kind,
        "change": {"actions": [action], "before": before, "after": after},
        **more,
    }


def plan(*changes: Any) -> dict[str, Any]:
    return {"resource_changes": list(changes)}


def test_an_object_that_only_changes_its_address_is_found():
    found = find_renames(plan(change("old", "delete", ALARM), change("new", "create", ALARM)))
    assert found == [("aws_cloudwatch_metric_alarm.old", "aws_cloudwatch_metric_alarm.new")]
    assert describe_renames(found).startswith("aws_cloudwatch_metric_alarm.new is the same object as")
    assert "2 objects like this" in describe_renames(found * 2)


@pytest.mark.parametrize(
    ("old", "new", "move"),
    [
        ("aws_x.a", "aws_x.b", "from = aws_x.a and to = aws_x.b"),
        ("aws_x.a", "module.m.aws_x.a", "from = aws_x.a and to = module.m.aws_x.a"),
        ('module.a.aws_x.y["k.z"]', 'module.b.aws_x.y["k.z"]', "from = module.a and to = module.b"),
        ("module.a.aws_x.y", "module.a.aws_x.z", "from = module.a.aws_x.y and to = module.a.aws_x.z"),
    ],
)
def test_the_block_moves_the_module_if_only_that_has_another_name(old, new, move):
    assert find_move(old, new) == move


def test_a_permission_without_qualifier_is_recognized():
    values = {"function_name": "f", "statement_id": "s"}
    kind = "aws_lambda_permission"
    assert len(find_renames(plan(change("a", "delete", values, kind), change("b", "create", values, kind)))) == 1


@pytest.mark.parametrize(
    "changes",
    [
        (change("old", "delete", ALARM), change("new", "create", {"alarm_name": "other"})),
        (change("old", "delete", ALARM), change("new", "create", {})),  # a name that is known only after the apply
        (change("old", "delete", ALARM), change("new", "no-op", ALARM, previous_address="old")),
        (change("old", "delete", ALARM, deposed="1"), change("new", "create", ALARM)),
        (
            change("old", "delete", {"name": "shop"}, "aws_apigatewayv2_api"),
            change("new", "create", {"name": "shop"}, "aws_apigatewayv2_api"),
        ),
        (change("old", "delete", {"name": "x"}, "aws_other"), change("new", "create", {"name": "x"}, "aws_other")),
    ],
    ids=["another name", "unknown", "moved", "deposed", "names that several have", "unknown type"],
)
def test_other_objects_are_left_alone(changes):
    assert find_renames(plan(*changes)) == []
