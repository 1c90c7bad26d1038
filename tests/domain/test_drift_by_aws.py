"""Drift leaves out what AWS changes, with a source each, and still reports what a person changed there."""

from pathlib import Path
from typing import Any

import pytest

from hybridctl.domain.drift import read_drift
from hybridctl.domain.drift_by_aws import BY_AWS

DOCS = Path(__file__).resolve().parents[2] / "docs" / "verdicts.md"
TABLE = {"name": "sessions", "read_capacity": 20, "global_secondary_index": [{"name": "by_user", "read_capacity": 20}]}


def drift(kind: str, before: Any, after: Any, scaled: dict[str, tuple[int, int]] | None = None) -> list[str]:
    change = {"actions": ["update"], "before": before, "after": after}
    targets = [
        {
            "type": "aws_appautoscaling_target",
            "values": {
                "resource_id": part,
                "scalable_dimension": "dynamodb:table:ReadCapacityUnits",
                "min_capacity": low,
                "max_capacity": high,
            },
        }
        for part, (low, high) in (scaled or {}).items()
    ]
    plan = {
        "resource_drift": [{"address": f"{kind}.this", "type": kind, "change": change}],
        "prior_state": {"values": {"root_module": {"child_modules": [{"resources": targets}]}}},
    }
    return [one.attribute for resource in read_drift("local", plan).resources for one in resource.differences]


def test_the_docs_list_every_attribute_with_its_source():
    text = DOCS.read_text(encoding="utf-8")
    assert [row.attribute for row in BY_AWS if f"| `{row.attribute}` | {row.why} | {row.source} |" not in text] == []


@pytest.mark.parametrize("source", sorted({row.source for row in BY_AWS}))
def test_a_source_can_be_opened(source: str):
    """A page of AWS or of the provider, or what this repository's own HCL says."""
    hosts = ("https://github.com/hashicorp/", "https://registry.terraform.io/", "https://docs.aws.amazon.com/")
    assert source.startswith(hosts) or (DOCS.parents[1] / source).is_file()


# What AWS does after an ordinary deploy, as the provider reads it.
@pytest.mark.parametrize(
    ("kind", "before", "after"),
    [
        (
            "aws_apigatewayv2_stage",
            {"deployment_id": "", "auto_deploy": True},
            {"deployment_id": "a", "auto_deploy": True},
        ),
        (
            "aws_lambda_provisioned_concurrency_config",
            {"provisioned_concurrent_executions": 2},
            {"provisioned_concurrent_executions": 0},
        ),
        ("aws_sns_topic_subscription", {"pending_confirmation": True}, {"pending_confirmation": False}),
        (
            "aws_dynamodb_table",
            {"server_side_encryption": [{"enabled": True, "kms_key_arn": "arn:aws:kms:us-east-1:0:key/1"}]},
            {"server_side_encryption": [{"enabled": True, "kms_key_arn": ""}]},
        ),
        ("aws_lambda_function", {"last_modified": "1", "version": "1"}, {"last_modified": "2", "version": "2"}),
        ("aws_lambda_alias", {"routing_config": []}, {"routing_config": [{"additional_version_weights": {"1": 1}}]}),
    ],
)
def test_what_aws_changes_is_not_drift(kind, before, after):
    assert drift(kind, before, after) == []


# The same attributes, or their neighbours, changed by a person.
@pytest.mark.parametrize(
    ("kind", "before", "after", "attribute"),
    [
        (
            "aws_apigatewayv2_stage",
            {"deployment_id": "a", "auto_deploy": False},
            {"deployment_id": "b", "auto_deploy": False},
            "deployment_id",
        ),
        (
            "aws_dynamodb_table",
            {"server_side_encryption": [{"enabled": True, "kms_key_arn": "arn:a"}]},
            {"server_side_encryption": [{"enabled": True, "kms_key_arn": "arn:b"}]},
            "server_side_encryption.kms_key_arn",
        ),
        ("aws_dynamodb_table", {"name": "t", "read_capacity": 20}, {"name": "t", "read_capacity": 60}, "read_capacity"),
        ("aws_sns_topic", {"tags_all": {"Owner": "a"}}, {"tags_all": {"Owner": "b"}}, "tags.Owner"),
    ],
)
def test_what_a_person_changes_is_drift(kind, before, after, attribute):
    assert drift(kind, before, after) == [attribute]


def test_capacity_within_the_bounds_of_autoscaling_is_not_drift_and_outside_it_is():
    bounds = {"table/sessions": (20, 200), "table/sessions/index/by_user": (20, 200)}
    index = [{"name": "by_user", "read_capacity": 60}]
    grown = TABLE | {"read_capacity": 60, "global_secondary_index": index}
    assert drift("aws_dynamodb_table", TABLE, grown, bounds) == []
    assert drift("aws_dynamodb_table", TABLE, TABLE | {"read_capacity": 5}, bounds) == ["read_capacity"]
    assert drift("aws_dynamodb_table", TABLE, grown, {"table/sessions": (20, 200)}) == [
        'global_secondary_index["by_user"].read_capacity'
    ]
