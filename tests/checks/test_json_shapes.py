"""What the schemas of docs/json would notice."""

import pytest

from json_shapes import command_of, difference, documents, merged, shape

ONE = {"name": "a", "count": 1, "checks": [{"ok": True, "detail": None}], "weights": {"3": 0.1}}
TWO = {"name": "a", "count": 1.5, "checks": [{"ok": True, "detail": "x"}], "weights": {}, "more": 1}
SCHEMA = merged(shape(ONE), shape(TWO))


@pytest.mark.parametrize("value", [ONE, TWO, {**ONE, "new": True}, {**ONE, "weights": {"7": 0.5}, "checks": []}])
def test_what_was_seen_and_what_is_new_is_let_through(value):
    assert difference(SCHEMA, value) == ""


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ({"name": "a", "count": 1, "checks": []}, "the answer has no weights"),
        ({**ONE, "name": None}, "the answer.name is null, not string"),
        ({**ONE, "checks": [{"ok": "yes", "detail": None}]}, "the answer.checks[0].ok is string, not boolean"),
        ({**ONE, "weights": {"3": "ten"}}, "the answer.weights.3 is string, not number"),
        ([ONE], "the answer is array, not object"),
    ],
)
def test_a_broken_promise_is_named_by_its_place(value, said):
    assert difference(SCHEMA, value) == said


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
