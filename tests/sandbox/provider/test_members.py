"""Arguments and results as members of AWS's requests and answers; the witness of their names is botocore's model."""

from collections.abc import Iterator
from typing import Any

import pytest
from botocore.loaders import Loader
from botocore.model import ServiceModel

from hybridctl.sandbox.provider import registry
from hybridctl.sandbox.provider.members import member_of, read_members, write_members
from hybridctl.sandbox.provider.schema import Attribute, Nested, SchemaBlock

REQUESTS = {
    "aws_apigatewayv2_api": ("apigatewayv2", "CreateApi"),
    "aws_apigatewayv2_integration": ("apigatewayv2", "CreateIntegration"),
    "aws_apigatewayv2_route": ("apigatewayv2", "CreateRoute"),
    "aws_apigatewayv2_stage": ("apigatewayv2", "CreateStage"),
    "aws_appautoscaling_policy": ("application-autoscaling", "PutScalingPolicy"),
    "aws_appautoscaling_target": ("application-autoscaling", "RegisterScalableTarget"),
    "aws_cloudwatch_dashboard": ("cloudwatch", "PutDashboard"),
    "aws_lambda_alias": ("lambda", "CreateAlias"),
    "aws_lambda_event_source_mapping": ("lambda", "CreateEventSourceMapping"),
}
BLOCK = SchemaBlock(
    {"max_age": Attribute("number"), "is_on": Attribute("bool"), "names": Attribute(["set", "string"])},
    {
        "one": Nested("list", SchemaBlock({"arn": Attribute("string")}), max_items=1),
        "many": Nested("set", SchemaBlock({"arn": Attribute("string")})),
    },
)


def unknown_members(resource: Any, block: SchemaBlock, shape: Any, names: Any, prefix: str = "") -> Iterator[str]:
    """The paths whose member the operation does not have, or has in another form."""
    for name in names:
        path = prefix + name
        if path in resource.refuses:
            continue
        member = shape.members.get(member_of(name, resource.aws_names, prefix))
        if member is None:
            yield path
        elif name in block.blocks:
            nested = block.blocks[name]
            if (member.type_name == "list") is (nested.max_items == 1):
                yield path
                continue
            inner = member.member if member.type_name == "list" else member
            inside = (*nested.block.attributes, *nested.block.blocks)
            yield from unknown_members(resource, nested.block, inner, inside, f"{path}.")


@pytest.mark.parametrize("type_name", REQUESTS)
def test_every_implemented_argument_is_a_member_of_the_request(type_name: str) -> None:
    service, operation = REQUESTS[type_name]
    shape = ServiceModel(Loader().load_service_model(service, "service-2")).operation_model(operation).input_shape
    resource = registry.resources()[type_name]
    assert list(unknown_members(resource, resource.block, shape, sorted(resource.implements))) == []


def test_a_request_has_what_is_set() -> None:
    values = {"max_age": 0, "is_on": None, "names": [], "one": [{"arn": "a"}], "many": [{"arn": "b"}, {"arn": "c"}]}
    assert write_members(BLOCK, values, {"one.arn": "ARN"}) == {
        "MaxAge": 0,
        "One": {"ARN": "a"},
        "Many": [{"Arn": "b"}, {"Arn": "c"}],
    }
    assert write_members(BLOCK, values, {}, ["max_age"]) == {"MaxAge": 0}


def test_an_answer_that_says_nothing_is_null_false_and_without_blocks() -> None:
    nothing = {"max_age": None, "is_on": False, "names": None, "one": [], "many": []}
    assert read_members(BLOCK, {}, {}) == nothing
    assert read_members(BLOCK, {"One": {"Arn": None}, "Many": [{}]}, {}) == nothing


def test_an_answer_is_read_by_the_same_names_except_what_is_left_out() -> None:
    answer = {"MaxAge": 5, "IsOn": True, "One": {"ARN": "a"}, "Many": [{"Arn": "b"}]}
    assert read_members(BLOCK, answer, {"one.arn": "ARN"}, skip=("names", "max_age")) == {
        "is_on": True,
        "one": [{"arn": "a"}],
        "many": [{"arn": "b"}],
    }
