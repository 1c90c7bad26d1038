"""Writes aws_schema.json: what two releases of hashicorp/aws have in common for the types that the sandbox serves.

    python tests/sandbox/provider/vendor.py SCHEMA5 SCHEMA6 [TARGET]

SCHEMA5 is `terraform providers schema -json` of 5.x (it alone tells optional from optional and computed); SCHEMA6 is
the same of 6.x, or a document with `resource_schemas` at its top. An argument is kept when both have it, and required
when either requires it: HCL that these schemas accept is accepted by both.
"""

import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from hybridctl.sandbox.provider import registry, schema

Facts = dict[str, Any]

FLAGS = ("required", "optional", "computed", "sensitive")


def common_block(five: Mapping[str, Any], six: Mapping[str, Any] | None) -> Facts:
    """One block of 5.x without what 6.x lacks; without a 6.x block, all of it."""
    attributes: Facts = {}
    for name, entry in sorted(five.get("attributes", {}).items()):
        other = six.get("attributes", {}).get(name) if six is not None else entry
        if other is None:
            continue
        kept: Facts = {"type": entry["type"], **{flag: True for flag in FLAGS if entry.get(flag)}}
        if other.get("required") and not kept.get("required"):
            kept = {"type": entry["type"], "required": True}
        attributes[name] = kept
    blocks: Facts = {}
    for name, entry in sorted(five.get("block_types", {}).items()):
        other = six.get("block_types", {}).get(name) if six is not None else entry
        if other is None:
            continue
        bounds = {
            "min_items": max(entry.get("min_items", 0), other.get("min_items", 0)),
            "max_items": min(filter(None, (entry.get("max_items", 0), other.get("max_items", 0))), default=0),
        }
        inner = common_block(entry["block"], None if six is None else other["block"])
        blocks[name] = {"nesting": entry["nesting_mode"], **{k: v for k, v in bounds.items() if v}, "block": inner}
    found: Facts = {"attributes": attributes}
    return found | ({"blocks": blocks} if blocks else {})


def common(five: Facts, six: Facts) -> Facts:
    """The vendored facts, given both documents as parsed."""
    old = next(iter(five["provider_schemas"].values()))
    new = next(iter(six["provider_schemas"].values())) if "provider_schemas" in six else six

    def choose(kind: str, names: Sequence[str]) -> Facts:
        facts: Facts = {}
        for name in names:
            before, after = old[kind][name], new[kind][name]
            facts[name] = {
                "version": before["version"],
                "block": common_block(before["block"], after.get("block", after)),
            }
        return facts

    provider = old["provider"]
    return {
        "source": "hashicorp/aws 5.100.0 and 6.62.0: what both have",
        "provider": {"version": provider["version"], "block": common_block(provider["block"], None)},
        "resources": choose("resource_schemas", sorted(registry.resources())),
        "data_sources": choose("data_source_schemas", sorted(registry.data_sources())),
    }


def main(arguments: Sequence[str]) -> None:
    five, six = (json.loads(Path(name).read_bytes()) for name in arguments[:2])
    target = Path(arguments[2]) if len(arguments) > 2 else Path(schema.__file__).with_name("aws_schema.json")
    target.write_text(json.dumps(common(five, six), indent=1, sort_keys=True) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
