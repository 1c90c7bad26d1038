"""What the schemas of docs/json would notice."""

import json

import pytest

from json_shapes import FOLDER, command_of, difference, documents, merge, shape

ONE = {"name": "a", "count": 1, "checks": [{"ok": True, "detail": None}], "weights": {"3": 0.1}}
TWO = {"name": "a", "count": 1.5, "checks": [{"ok": True, "detail": "x"}], "weights": {}, "more": 1}
SCHEMA = merge(shape(ONE), shape(TWO))


@pytest.mark.parametrize("value", [ONE, TWO, {**ONE, "new": True}, {**ONE, "weights": {"7": 0.5}, "checks": []}])
def test_what_was_seen_and_what_is_new_passes(value):
    assert difference(SCHEMA, value) == ""


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"name": "a", "count": 1, "checks": []}, "the answer has no weights"),
        ({**ONE, "name": None}, "the answer.name is null, not string"),
        ({**ONE, "checks": [{"ok": "yes", "detail": None}]}, "the answer.checks[0].ok is string, not boolean"),
        ({**ONE, "weights": {"3": "ten"}}, "the answer.weights.3 is string, not number"),
        ([ONE], "the answer is array, not object"),
    ],
)
def test_a_broken_promise_is_named_by_its_place(value, expected):
    assert difference(SCHEMA, value) == expected


@pytest.mark.parametrize(
    ("line", "command"),
    [
        ("status staging --output json", "status"),
        ("--events run.ndjson deploy local", "deploy"),
        ("releases diff 3 4", "releases diff"),
        ("releases staging", "releases list"),
        ("logs -f", "logs search"),
        ("rolback", None),
    ],
)
def test_a_line_leads_to_its_command(line, command):
    assert command_of(line.split()) == command


def test_documents_may_follow_one_another():
    assert list(documents('{"a": 1}\n{"a": 2}\n')) == [{"a": 1}, {"a": 2}]


EVIL = "x\x1b]0;owned\x07\nnext"


def names_in(schema):
    """All member names of a schema, at any depth."""
    for name, one in schema.get("properties", {}).items():
        yield name
        yield from names_in(one)
    for part in ("items", "additionalProperties"):
        if part in schema:
            yield from names_in(schema[part])


def test_a_provider_of_any_name_stays_out_of_the_schema():
    seen = shape({"providers": {EVIL: 1, "google": 2}, "sessions": 3})
    assert set(names_in(seen)) == {"providers", "sessions"}
    assert difference(seen, {"providers": {"github": 1}, "sessions": 1}) == ""
    assert difference(seen, {"providers": {"github": "1"}, "sessions": 1})


def test_no_published_schema_names_a_member_that_came_from_data():
    for path in FOLDER.glob("*.json"):
        for name in names_in(json.loads(path.read_text(encoding="utf-8"))):
            assert name.isprintable(), (path.name, name)
            assert "\\" not in name, (path.name, name)
