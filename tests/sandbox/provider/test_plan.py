"""The plan's rules, without Terraform: a made-up type against `plan`."""

from typing import Any, ClassVar

import pytest

from hybridctl.sandbox.provider.plan import plan, settle
from hybridctl.sandbox.provider.resource import ResourceChange, ResourceType
from hybridctl.sandbox.provider.schema import Attribute, Nested, SchemaBlock
from hybridctl.sandbox.provider.values import UNKNOWN, Values, json_same

OPTIONAL = Attribute("string", optional=True)
BLOCK = SchemaBlock(
    attributes={
        "arn": Attribute("string", computed=True),
        "count": Attribute("number", optional=True),
        "enabled": Attribute("bool", optional=True),
        "id": Attribute("string", optional=True, computed=True),
        "kind": OPTIONAL,
        "labels": Attribute(["set", "string"], optional=True),
        "name": Attribute("string", required=True),
        "note": OPTIONAL,
        "policy": OPTIONAL,
        "size": Attribute("number", optional=True, computed=True),
        "tags": Attribute(["map", "string"], optional=True),
        "tags_all": Attribute(["map", "string"], optional=True, computed=True),
        "version": Attribute("string", computed=True),
    },
    blocks={
        "auto": Nested("list", SchemaBlock({"on": Attribute("bool", optional=True)}), max_items=1),
        "cache": Nested("list", SchemaBlock({"ttl": Attribute("number", optional=True), "key": OPTIONAL}), max_items=1),
        "index": Nested(
            "set",
            SchemaBlock(
                {"name": Attribute("string", required=True), "units": Attribute("number", optional=True, computed=True)}
            ),
        ),
        "timeouts": Nested("single", SchemaBlock({"create": OPTIONAL})),
    },
)


class Thing(ResourceType):
    type_name = "aws_thing"
    defaults: ClassVar = {"kind": "PLAIN", "cache.ttl": 60}
    force_new = frozenset({"name", "cache.key"})
    computed_blocks = frozenset({"auto"})
    equal: ClassVar = {"policy": json_same}

    def customize(self, change: ResourceChange) -> None:
        if change.differs("note"):
            change.recompute("version")


def config(**given: Any) -> Values:
    return BLOCK.conform({"name": "n", **given})


def existing(**found: Any) -> Values:
    """A state as it is after creation and read."""
    plain = {
        "arn": "arn:n",
        "id": "n",
        "kind": "PLAIN",
        "size": 3,
        "tags_all": {},
        "version": "1",
        "auto": [{"on": True}],
    }
    return BLOCK.conform({"name": "n", **plain, **found})


def plan_values(wanted: Values, prior: Values | None = None, **tags: str) -> ResourceChange:
    return plan(Thing(), BLOCK, wanted, prior, tags)


def test_what_aws_will_choose_is_unknown_at_creation_and_kept_afterwards() -> None:
    new = plan_values(config()).planned
    assert [new[name] for name in ("arn", "id", "size", "auto", "tags_all")] == [UNKNOWN] * 5
    assert plan_values(config(), existing()).planned == existing()


def test_a_default_stands_in_for_silence_inside_blocks_too() -> None:
    new = plan_values(config(cache=[{"key": "k"}])).planned
    assert new["kind"] == "PLAIN"
    assert new["cache"] == [{"key": "k", "ttl": 60}]


def test_a_value_outside_the_default_is_put_back() -> None:
    assert plan_values(config(), existing(kind="ODD")).planned["kind"] == "PLAIN"


@pytest.mark.parametrize("zero", [{"note": ""}, {"count": 0}, {"enabled": False}, {"labels": []}, {"tags": {}}])
def test_a_zero_that_nobody_asked_for_is_not_a_difference(zero: Values) -> None:
    assert plan_values(config(), existing(**zero)).planned == existing(**zero)


@pytest.mark.parametrize("gone", [{"note": "x"}, {"count": 2}, {"enabled": True}, {"labels": ["a"]}])
def test_an_argument_taken_out_of_the_hcl_becomes_null(gone: Values) -> None:
    assert plan_values(config(), existing(**gone)).planned[next(iter(gone))] is None


def test_an_explicit_false_is_not_silence() -> None:
    assert plan_values(config(enabled=False), existing(enabled=True)).planned["enabled"] is False
    assert plan_values(config(count=0), existing(count=2)).planned["count"] == 0


def test_a_false_is_not_a_zero() -> None:
    assert plan_values(config(count=1), existing(count=None)).planned["count"] == 1


def test_sets_have_no_order() -> None:
    prior = existing(labels=["a", "b"])
    assert plan_values(config(labels=["b", "a"]), prior).planned == prior
    assert plan_values(config(labels=["b"]), prior).planned["labels"] == ["b"]


def test_policies_that_say_the_same_keep_the_old_words() -> None:
    prior = existing(policy='{"Statement":[{"Action":["a","b"]}]}')
    assert plan_values(config(policy='{ "Statement": {"Action": ["b", "a"]} }'), prior).planned == prior
    other = '{"Statement":[{"Action":"a"}]}'
    assert plan_values(config(policy=other), prior).planned["policy"] == other


def test_a_name_that_changes_or_is_not_known_yet_replaces() -> None:
    assert plan_values(config(name="m"), existing()).replace == {("name",)}
    assert plan_values(config(name=UNKNOWN), existing()).replace == {("name",)}
    assert plan_values(config(), existing()).replace == set()


def test_a_path_inside_a_block_replaces_and_says_where() -> None:
    prior = existing(cache=[{"key": "k", "ttl": 60}])
    assert plan_values(config(cache=[{"key": "other"}]), prior).replace == {("cache", 0, "key")}
    assert plan_values(config(cache=[{"key": "k", "ttl": 5}]), prior).replace == set()


def test_a_computed_block_without_hcl_stays_as_it_is() -> None:
    assert plan_values(config(), existing()).planned["auto"] == [{"on": True}]
    assert plan_values(config(auto=[{"on": False}]), existing()).planned["auto"] == [{"on": False}]


def test_a_block_taken_out_of_the_hcl_goes() -> None:
    assert plan_values(config(), existing(cache=[{"key": "k", "ttl": 60}])).planned["cache"] == []


def test_an_element_of_a_set_is_found_whatever_its_place() -> None:
    prior = existing(index=[{"name": "a", "units": 1}, {"name": "b", "units": 2}])
    swapped = config(index=[{"name": "b", "units": 2}, {"name": "a", "units": 1}])
    assert plan_values(swapped, prior).planned == prior


def test_a_new_element_of_a_set_has_its_results_unknown() -> None:
    prior = existing(index=[{"name": "a", "units": 1}])
    grown = plan_values(config(index=[{"name": "a", "units": 1}, {"name": "b"}]), prior).planned
    assert grown["index"] == [{"name": "a", "units": 1}, {"name": "b", "units": UNKNOWN}]


def test_unknown_values_stay_unknown() -> None:
    new = plan_values(config(note=UNKNOWN, cache=UNKNOWN, index=[UNKNOWN])).planned
    assert (new["note"], new["cache"], new["index"]) == (UNKNOWN, UNKNOWN, [UNKNOWN])


def test_a_result_that_follows_another_change_is_marked_unknown() -> None:
    assert plan_values(config(note="new"), existing(note="old")).planned["version"] is UNKNOWN
    assert plan_values(config(note="old"), existing(note="old")).planned["version"] == "1"


def test_default_tags_join_in_tags_all_and_the_resource_wins() -> None:
    new = plan_values(config(tags={"a": "own"}), a="default", b="default").planned
    assert new["tags"] == {"a": "own"}
    assert new["tags_all"] == {"a": "own", "b": "default"}
    assert plan_values(config(tags={"a": UNKNOWN}), b="default").planned["tags_all"] is UNKNOWN


def test_tags_taken_out_are_known_to_be_gone() -> None:
    tagged = existing(tags={"a": "1"}, tags_all={"a": "1"})
    assert plan_values(config(), tagged).planned["tags_all"] == {}


def test_timeouts_are_taken_from_the_hcl() -> None:
    assert plan_values(config(timeouts={"create": "5m"})).planned["timeouts"] == {"create": "5m"}


def test_the_state_keeps_the_words_of_the_hcl_where_aws_means_the_same() -> None:
    known = config(policy='{ "Statement": {"Action": "a"} }', labels=["b", "a"])
    found = existing(policy='{"Statement":[{"Action":["a"]}]}', labels=["a", "b"], tags={}, note="")
    settled = settle(Thing(), BLOCK, known, found)
    assert (settled["policy"], settled["labels"]) == (known["policy"], ["b", "a"])
    assert (settled["tags"], settled["note"]) == (None, "")
