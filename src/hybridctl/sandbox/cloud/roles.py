"""Correct the emulator's IAM responses that are invalid XML, because they contain user texts unescaped."""

import json
from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase
from typing import Any
from xml.sax.saxutils import escape

from hybridctl.sandbox.cloud import emulator
from hybridctl.sandbox.cloud.policy_grammar import list_trusted_services


class Roles:
    def __init__(self) -> None:
        self._iam = emulator.service("iam", "_lookup_policy", "_roles")

    def install(self) -> None:
        emulator.replace(self._iam.module, "_role_xml", "name boundary", self._role)
        emulator.replace(self._iam.module, "_managed_policy_xml", "arn usage_counts", self._policy)

    def _role(self, original: Any, name: str, *more: Any, **named: Any) -> str:
        return escape_texts(original(name, *more, **named), self._iam["_roles"][name])

    def _policy(self, original: Any, arn: str, *more: Any, **named: Any) -> str:
        return escape_texts(original(arn, *more, **named), self._iam["_lookup_policy"](arn))


def escape_texts(xml: str, record: Mapping[str, Any]) -> str:
    """Return the response with the record's description and tags escaped for XML."""
    texts = [("Description", record.get("Description") or "")]
    texts += [(name, tag[name]) for tag in record.get("Tags") or () for name in ("Key", "Value")]
    for element, text in texts:
        xml = xml.replace(f"<{element}>{text}</{element}>", f"<{element}>{escape(text)}</{element}>")
    return xml


def role_allows(arn: str, action: str, resource: str) -> bool:
    """Return whether a role's policies allow an action on a resource; conditions are not evaluated.

    A role that the emulator does not know allows everything, because it has no policies to evaluate.
    """
    iam = emulator.service("iam", "_lookup_policy", "_roles")
    role = iam["_roles"].get(arn.rpartition("/")[2])
    if role is None:
        return True
    matching = [
        statement["Effect"]
        for statement in _statements(role, iam["_lookup_policy"])
        if _covers(statement.get("Action"), action, str.lower) and _covers(statement.get("Resource"), resource, str)
    ]
    return "Allow" in matching and "Deny" not in matching


def can_be_assumed_by(arn: str, service: str) -> bool:
    """Return whether a role's trust policy names a service; a role that the emulator does not know trusts all."""
    role = emulator.service("iam", "_lookup_policy", "_roles")["_roles"].get(arn.rpartition("/")[2])
    if role is None:
        return True
    document = role.get("AssumeRolePolicyDocument") or ""
    return service in list_trusted_services(document if isinstance(document, str) else json.dumps(document))


def _statements(role: Mapping[str, Any], lookup: Any) -> Iterator[Mapping[str, Any]]:
    documents = list((role.get("InlinePolicies") or {}).values())
    for attached in role.get("AttachedPolicies") or ():
        policy = lookup(attached["PolicyArn"] if isinstance(attached, Mapping) else attached)
        versions = (policy or {}).get("Versions", {}).values()
        documents += [version["Document"] for version in versions if version["IsDefaultVersion"]]
    for document in documents:
        found = (json.loads(document) if isinstance(document, str) else document).get("Statement", [])
        yield from found if isinstance(found, list) else [found]


def _covers(patterns: Any, value: str, fold: Any) -> bool:
    listed = patterns if isinstance(patterns, list) else [patterns or ""]
    return any(fnmatchcase(fold(value), fold(pattern)) for pattern in listed)
