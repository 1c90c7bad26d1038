"""The data source aws_iam_policy_document, byte for byte as hashicorp/aws writes it."""

import json
import zlib
from collections.abc import Iterable, Iterator
from typing import Any, ClassVar

from hybridctl.sandbox.provider.json_text import is_json, write_json
from hybridctl.sandbox.provider.resource import DataSource, Problem, ResourceCall
from hybridctl.sandbox.provider.values import UNKNOWN, Values

NEWEST = "2012-10-17"
ORDER = (
    "Sid",
    "Effect",
    "Action",
    "NotAction",
    "Resource",
    "NotResource",
    "Principal",
    "NotPrincipal",
    "Condition",
)
Statement = dict[str, Any]
Principals = list[tuple[str, list[str] | str]]


class PolicyDocument(DataSource):
    type_name = "aws_iam_policy_document"
    noun = "IAM Policy Document"
    implements = frozenset(
        {"override_policy_documents", "policy_id", "source_policy_documents", "statement", "version"}
    )
    defaults: ClassVar = {"version": NEWEST}
    choices: ClassVar = {"statement.effect": ("Allow", "Deny"), "version": ("2008-10-17", NEWEST)}

    def validate(self, config: Values) -> Iterator[Problem]:
        for name in ("source_policy_documents", "override_policy_documents"):
            texts = config[name]
            for index, text in enumerate(texts if isinstance(texts, list) else []):
                if isinstance(text, str) and text and not is_json(text):
                    yield Problem(f'"{name}.{index}" contains an invalid JSON', path=(name, index))
        statements = config["statement"]
        for index, statement in enumerate(statements if isinstance(statements, list) else []):
            sid = None if statement is UNKNOWN else statement["sid"]
            if isinstance(sid, str) and sid and not (sid.isascii() and sid.isalnum()):
                text = f"invalid value for statement.{index}.sid (must only include alphanumeric characters)"
                yield Problem(text, path=("statement", index, "sid"))

    def read(self, call: ResourceCall, config: Values) -> Values:
        del call
        merged = _Document()
        for index, statement in _parse_documents(config["source_policy_documents"], "source"):
            seen = {own["Sid"] for own in merged.statements if own.get("Sid")}
            for own in statement.statements:
                if own.get("Sid") in seen:
                    raise Problem(f"merging source document {index}: duplicate Sid ({own['Sid']})")
            merged.merge(statement)
        version = config["version"]
        sids = [statement["sid"] for statement in config["statement"] if statement["sid"]]
        if len(sids) != len(set(sids)):
            raise Problem("duplicate Sid: remove the Sid or ensure that it is unique")
        statements = [_statement(statement, version) for statement in config["statement"]]
        merged.merge(_Document(version, config["policy_id"] or "", statements))
        for _, document in _parse_documents(config["override_policy_documents"], "override"):
            merged.merge(document)
        pretty = write_json(merged.plain(), indent=2)
        return {
            "id": str(zlib.crc32(pretty.encode())),
            "json": pretty,
            "minified_json": write_json(merged.plain()),
            "statement": [_fill_in(statement) for statement in config["statement"]],
        }


class _Document:
    def __init__(self, version: str = "", identity: str = "", statements: Iterable[Statement] = ()) -> None:
        self.version = version
        self.identity = identity
        self.statements = list(statements)

    def merge(self, other: "_Document") -> None:
        """Takes over the other's id, the newer version, and its statements: one of the same Sid replaces ours."""
        self.identity = other.identity or self.identity
        self.version = max(self.version, other.version)
        for statement in other.statements:
            sid = statement.get("Sid")
            place = next((i for i, own in enumerate(self.statements) if sid and own.get("Sid") == sid), None)
            if place is None:
                self.statements.append(statement)
            else:
                self.statements[place] = statement

    def plain(self) -> dict[str, Any]:
        full = {"Version": self.version, "Id": self.identity, "Statement": self.statements}
        return {key: value for key, value in full.items() if value}


def _parse_documents(texts: list[str] | None, role: str) -> Iterator[tuple[int, _Document]]:
    for index, text in enumerate(texts or []):
        if not text:
            continue
        try:
            raw = json.loads(text)
            statements = raw.get("Statement", [])
            if not isinstance(statements, list):
                raise TypeError("Statement is not a list")
            document = _Document(raw.get("Version", ""), raw.get("Id", ""), map(_read_statement, statements))
        except (ValueError, AttributeError, TypeError) as error:
            raise Problem(f"writing IAM Policy Document: merging {role} document {index}: {error}") from error
        yield index, document


def _read_statement(raw: Statement) -> Statement:
    """A statement that came as JSON."""
    parts = dict(raw)
    for name in ("Principal", "NotPrincipal"):
        found = raw.get(name)
        if isinstance(found, str):
            parts[name] = "*"
        elif found is not None:
            parts[name] = _principals(sorted(found.items()))
    if raw.get("Condition"):
        triples = [
            (test, variable, [_text(v) for v in values] if isinstance(values, list) else [_text(values)])
            for test, variables in raw["Condition"].items()
            for variable, values in variables.items()
        ]
        parts["Condition"] = _conditions(triples)
    return {name: parts[name] for name in ORDER if parts.get(name)}


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _statement(config: Values, version: str) -> Statement:
    """A statement block."""

    def many(values: Iterable[str] | None) -> list[str] | str | None:
        texts = sorted((_variables(value, version) for value in values or ()), reverse=True)
        return texts[0] if len(texts) == 1 else texts or None

    def who(blocks: list[Values]) -> Any:
        return _principals([(block["type"], many(block["identifiers"]) or []) for block in _set_order(blocks)])

    conditions = [
        (block["test"], block["variable"], [_variables(value or "", version) for value in block["values"]])
        for block in config["condition"]
    ]
    parts = {
        "Sid": config["sid"],
        "Effect": config["effect"] or "Allow",
        "Action": many(config["actions"]),
        "NotAction": many(config["not_actions"]),
        "Resource": many(config["resources"]),
        "NotResource": many(config["not_resources"]),
        "Principal": who(config["principals"]),
        "NotPrincipal": who(config["not_principals"]),
        "Condition": _conditions(conditions),
    }
    return {name: parts[name] for name in ORDER if parts[name]}


def _variables(text: str, version: str) -> str:
    if "&{" in text and version != NEWEST:
        raise Problem(f"found &{{ sequence in ({text}), which is not supported in document version {version}")
    return text.replace("&{", "${")


def _principals(pairs: Principals) -> Any:
    """Principals by type; several blocks of a type join in one list, {"*": "*"} is "*"."""
    if len(pairs) == 1 and pairs[0][0] == "*" and pairs[0][1] in ("*", ["*"]):
        return "*"
    joined: dict[str, list[str] | str] = {}
    for kind, identifiers in pairs:
        before = joined.get(kind)
        if isinstance(identifiers, str) and before is None:
            joined[kind] = identifiers
            continue
        first = [] if before is None else [before] if isinstance(before, str) else before
        joined[kind] = first + ([identifiers] if isinstance(identifiers, str) else sorted(identifiers, reverse=True))
    return dict(sorted(joined.items()))


def _conditions(triples: list[tuple[str, str, list[str]]]) -> dict[str, dict[str, list[str] | str]]:
    """Values by test and variable, both sorted; the values keep their order."""
    joined: dict[str, dict[str, list[str]]] = {}
    for test, variable, values in triples:
        joined.setdefault(test, {}).setdefault(variable, []).extend(values)
    return {
        test: {name: values[0] if len(values) == 1 else values for name, values in sorted(variables.items())}
        for test, variables in sorted(joined.items())
    }


def _set_order(blocks: list[Values]) -> list[Values]:
    """The blocks of a set as the provider SDK walks them: by the text of each element's CRC-32."""

    def code(text: str) -> str:
        return str(zlib.crc32(text.encode()))

    def element(block: Values) -> str:
        members = sorted((f"{identifier};" for identifier in block["identifiers"] or ()), key=code)
        return code(f"identifiers:{{{''.join(members)}}};type:{block['type']};")

    return sorted(blocks, key=element)


def _fill_in(config: Values) -> Values:
    """The block as the result shows it: defaults in, empty for null."""
    sets = ("actions", "not_actions", "not_resources", "resources")
    filled = {name: config[name] or [] for name in sets}
    return {**config, **filled, "effect": config["effect"] or "Allow", "sid": config["sid"] or ""}


DATA_SOURCES = (PolicyDocument(),)
