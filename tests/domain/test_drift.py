"""Drift named by the smallest attribute that differs, and no secret is shown."""

from typing import Any

from hybridctl.domain.drift import AttributeDifference, read_drift


def drift(kind: str, before: Any, after: Any, **more: Any) -> list[AttributeDifference]:
    change = {"actions": ["update"], "before": before, "after": after} | more
    plan = {"resource_drift": [{"address": f"{kind}.this", "type": kind, "change": change}]}
    return [one for resource in read_drift("local", plan).resources for one in resource.differences]


def index(name: str, read: int) -> dict[str, Any]:
    return {"name": name, "read_capacity": read, "non_key_attributes": []}


def test_a_tag_and_a_number_are_named_alone():
    before = {"memory_size": 512, "tags": None, "tags_all": {"Project": "x", "Owner": "ada"}}
    after = {"memory_size": 1024, "tags": {"Owner": "eve"}, "tags_all": {"Project": "x", "Owner": "eve"}}
    assert drift("aws_lambda_function", before, after) == [
        AttributeDifference("memory_size", "512", "1024"),
        AttributeDifference("tags.Owner", '"ada"', '"eve"'),
    ]


def test_a_block_is_found_by_its_name_in_any_order():
    before = {"global_secondary_index": [index("by_user", 0), index("by_time", 0)]}
    after = {"global_secondary_index": [index("by_time", 0), index("by_user", 5)]}
    assert drift("aws_dynamodb_table", before, after) == [
        AttributeDifference('global_secondary_index["by_user"].read_capacity', "0", "5")
    ]


def test_the_only_block_of_a_kind_needs_no_name():
    before = {"ttl": [{"attribute_name": "expires_at", "enabled": True}]}
    after = {"ttl": [{"attribute_name": "expires_at", "enabled": False}]}
    assert drift("aws_dynamodb_table", before, after) == [AttributeDifference("ttl.enabled", "true", "false")]


def test_blocks_that_cannot_be_distinguished_are_shown_whole():
    assert drift("t", {"rule": [{"a": 1}, {"a": 2}]}, {"rule": [{"a": 1}, {"a": 3}]})[0].attribute == "rule"
    assert drift("t", {"rule": [{"a": 1}]}, {"rule": []})[0] == AttributeDifference("rule", '[{"a": 1}]', "[]")


def test_a_mask_that_marks_nothing_hides_nothing():
    masked = {"before_sensitive": {"global_secondary_index": [{"non_key_attributes": []}]}, "after_sensitive": {}}
    before, after = {"global_secondary_index": [index("a", 0)]}, {"global_secondary_index": [index("a", 1)]}
    found = drift("aws_dynamodb_table", before, after, **masked)
    assert found == [AttributeDifference('global_secondary_index["a"].read_capacity', "0", "1")]


def test_what_is_sensitive_stays_hidden_at_any_depth():
    masked = {"before_sensitive": {"env": [{"variables": True}]}, "after_sensitive": {"env": [{"variables": True}]}}
    found = drift("t", {"env": [{"variables": {"K": "old"}}]}, {"env": [{"variables": {"K": "new"}}]}, **masked)
    assert found == [AttributeDifference("env.variables.K", "(sensitive)", "(sensitive)")]


def test_empty_in_two_ways_is_not_drift():
    assert drift("t", {"a": None, "b": [], "c": {"d": ""}}, {"a": "", "b": None, "c": {"d": None}}) == []
    assert drift("t", {"a": False}, {"a": None}) == [AttributeDifference("a", "false", "null")]
