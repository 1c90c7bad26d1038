"""The shape of every JSON answer: learned from the tests' own runs, kept as JSON Schema, and held from then on.

`pytest --update-schemas` widens docs/json by what the tests of that run have seen; without it, an answer that lacks a
member or has one of another kind fails the test that asked. A new member breaks no program, so it fails no test either:
it gets into the schema with the next update.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from typer.core import TyperGroup

from hybridctl.commands.tree import SUMMARIES, load
from hybridctl.entrypoint import globals_first

FOLDER = Path(__file__).resolve().parents[1] / "docs" / "json"
DIALECT = "https://json-schema.org/draft/2020-12/schema"
Schema = Mapping[str, Any]
MAPS = frozenset({"providers"})  # members whose keys are data, whatever they look like
_KINDS = {bool: "boolean", int: "integer", float: "number", str: "string", type(None): "null"}


def documents(text: str) -> Iterator[Any]:
    """The JSON documents of an output, one after the other: most commands print one, `logs` one a line."""
    reader, rest = json.JSONDecoder(), text.lstrip()
    while rest:
        found, end = reader.raw_decode(rest)
        yield found
        rest = rest[end:].lstrip()


def command_of(argv: Sequence[str]) -> str | None:
    """The command that a line names, by all of its words; None where it names none that there is."""
    line = globals_first(argv)
    values = {number + 1 for number, word in enumerate(line) if word in ("--output", "--events")}
    words = [word for number, word in enumerate(line) if number not in values and not word.startswith("-")]
    name = words[0] if words else ""
    if name not in SUMMARIES:
        return None
    command = _load(name)
    if not isinstance(command, TyperGroup):
        return name
    inner = next((word for word in words[1:2] if word in command.commands), None)
    return f"{name} {inner or getattr(command, 'unless_told', '')}".strip()


@cache
def _load(name: str) -> Any:
    return load(name)


def shape(value: Any, *, is_map: bool = False) -> Schema:
    """The schema of one value. An object whose keys are numbers or names of things is a map: its keys say nothing."""
    if isinstance(value, dict):
        if is_map or (value and all(_is_thing(key) for key in value)):
            return {"type": "object", "additionalProperties": _of_all(map(shape, value.values()))}
        members = {key: shape(member, is_map=key in MAPS) for key, member in value.items()}
        return {"type": "object", "properties": members, "required": sorted(members)}
    if isinstance(value, list):
        return {"type": "array", "items": _of_all(map(shape, value))}
    return {"type": _KINDS[type(value)]}


def merge(one: Schema, other: Schema) -> Schema:
    """What both allow; required is what neither was seen without."""
    if not one or not other:
        return one or other
    kinds = sorted({*_kinds(one), *_kinds(other)})
    if {"integer", "number"} <= set(kinds):
        kinds.remove("integer")
    found: dict[str, Any] = {"type": kinds[0] if len(kinds) == 1 else kinds}
    if "items" in one or "items" in other:
        found["items"] = merge(one.get("items", {}), other.get("items", {}))
    if "additionalProperties" in one or "additionalProperties" in other:
        found["additionalProperties"] = merge(
            one.get("additionalProperties", {}), other.get("additionalProperties", {})
        )
    if "properties" in one or "properties" in other:
        mine, theirs = one.get("properties", {}), other.get("properties", {})
        found["properties"] = {key: merge(mine.get(key, {}), theirs.get(key, {})) for key in sorted({*mine, *theirs})}
        sides = [set(side["required"]) for side in (one, other) if "required" in side]
        found["required"] = sorted(set.intersection(*sides))
    return found


def difference(schema: Schema, value: Any, where: str = "the answer") -> str:
    """Why the value is not of the schema; "" when it is."""
    kind = "object" if isinstance(value, dict) else "array" if isinstance(value, list) else _KINDS[type(value)]
    allowed = _kinds(schema)
    if schema and kind not in allowed and not (kind == "integer" and "number" in allowed):
        return f"{where} is {kind}, not {' or '.join(allowed)}"
    if isinstance(value, list):
        parts = ((schema.get("items", {}), one, f"{where}[{number}]") for number, one in enumerate(value))
        return next(filter(None, (difference(*part) for part in parts)), "")
    if not isinstance(value, dict):
        return ""
    if missing := set(schema.get("required", ())) - value.keys():
        return f"{where} has no {min(missing)}"
    known, others = schema.get("properties", {}), schema.get("additionalProperties")
    for key, one in value.items():
        if change := difference(known.get(key, others or {}), one, f"{where}.{key}"):
            return change
    return ""


def _of_all(shapes: Any) -> Schema:
    found: Schema = {}
    for one in shapes:
        found = merge(found, one)
    return found


def _kinds(schema: Schema) -> list[str]:
    kind = schema.get("type", [])
    return [kind] if isinstance(kind, str) else list(kind)


def _is_thing(key: str) -> bool:
    return key.isdigit() or any(sign in key for sign in "/.: -") or key.isupper()


class Shapes:
    """The schemas of a test run: read once, or learned and written at its end."""

    def __init__(self, *, learning: bool) -> None:
        self.learning = learning
        self._seen: dict[str, Schema] = {}

    def hear(self, name: str, value: Any) -> None:
        """Learn from an answer, or hold it to what was learned."""
        if self.learning:
            self._seen[name] = merge(self._seen.get(name) or self._read_schema(name) or {}, shape(value))
            return
        kept = self._read_schema(name)
        assert kept is not None, f"{name} has no schema: run pytest --update-schemas and read what it wrote"
        change = difference(kept, value)
        assert not change, f"{name}: {change} (a change that is meant: pytest --update-schemas)"

    def hear_run(self, argv: Sequence[str], out: str, results: Sequence[Any]) -> None:
        """One command line: its results as JSON, whatever was printed, and what was printed where that was JSON."""
        command = command_of(argv)
        if command is None:
            return
        for result in results:
            self.hear(command, result)
        if "json" in argv and not {"--raw", "--csv", "--policy", "--help"} & set(argv):
            for found in documents(out):
                if isinstance(found, dict) and "error" in found and set(found) <= {"error", "result"}:
                    self.hear("error", found["error"])
                else:
                    self.hear(command, found)
        if "--events" in argv[:-1]:
            path = Path(argv[argv.index("--events") + 1])
            for line in path.read_text(encoding="utf-8").splitlines() if path.is_file() else ():
                self.hear("events", json.loads(line))

    def write(self) -> None:
        FOLDER.mkdir(exist_ok=True)
        for name, schema in self._seen.items():
            whole = {"$schema": DIALECT, "title": f"hybridctl {name}" if name in _titles() else name, **schema}
            path_of(name).write_text(json.dumps(whole, indent=2) + "\n", encoding="utf-8")

    @staticmethod
    def _read_schema(name: str) -> Schema | None:
        found = _read(path_of(name))
        return {key: part for key, part in found.items() if key not in ("$schema", "title")} if found else None


@cache
def _read(path: Path) -> Schema | None:
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else None


@cache
def _titles() -> frozenset[str]:
    from hybridctl.commands.tree import leaves

    return frozenset(name for name, _ in leaves())


def path_of(name: str) -> Path:
    return FOLDER / f"{name.replace(' ', '-')}.json"
