"""The published JSON schemas describe answers; they repeat nothing of the data in them."""

import json

from json_shapes import FOLDER, difference, shape

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
