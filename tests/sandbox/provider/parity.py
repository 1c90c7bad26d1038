"""Compares the sandbox's provider with hashicorp/aws: same HCL, same emulator, same plans.

    differences(sandbox, tmp_path, "topic", [first_hcl, second_hcl, ...])  ->  [] or one line for each disagreement

Each text is planned and applied in turn and everything is destroyed; the plans' actions, values before and after,
unknown values and replacements are compared for what both schemas have. Null, "", 0, false and empty are one, as they
are to the provider SDK. After the last text the sandbox's provider must find nothing left to do. The real provider
takes 3 s for each command: put many objects into few steps.

The real provider runs when HYBRIDCTL_TEST_PROVIDER_MIRROR names a filesystem mirror that holds it; what it planned is
kept as `hashicorp/<topic>.json` (written again with HYBRIDCTL_TEST_RECORD=1), and that is compared with otherwise.
"""

import json
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from hybridctl.sandbox.provider.schema import SchemaBlock, read_vendored
from sandbox.provider.workspace import MIRROR, PROVIDER, Workspace, with_hashicorp, with_ours

RECORD = "HYBRIDCTL_TEST_RECORD"
RECORDINGS = Path(__file__).with_name("hashicorp")
VOLATILE = frozenset(
    {
        "create_date",
        "unique_id",
        "last_modified",
        "revision_id",
        "api_id",
        "api_endpoint",
        "execution_arn",
        "invoke_url",
    }
)
Plan = dict[str, dict[str, Any]]  # address -> type, mode, actions, before, after, unknown, replace


def differences(
    sandbox: Any,
    folder: Path,
    topic: str,
    steps: Sequence[str],
    *,
    provider: str = PROVIDER,
    volatile: frozenset[str] = VOLATILE,
) -> list[str]:
    """Every disagreement over these successive configurations; `volatile` attributes differ from run to run."""
    theirs = _hashicorps(sandbox, folder, topic, steps, provider, volatile)
    workspace = with_ours(folder / "sandbox", sandbox)
    ours = _plan(workspace, steps, provider, settled=True)
    left_over = workspace.actions(ours.pop())
    lines = [f"after step {len(steps)}: the sandbox still plans {left_over}"] if left_over else []
    for number, (left, right) in enumerate(zip(ours, theirs, strict=True), start=1):
        lines += [f"step {number}: {line}" for line in compare(slim(left, volatile), right)]
    return lines


def _hashicorps(
    sandbox: Any, folder: Path, topic: str, steps: Sequence[str], provider: str, volatile: frozenset[str]
) -> list[Plan]:
    recording = RECORDINGS / f"{topic}.json"
    if not os.environ.get(MIRROR):
        recorded: dict[str, Any] = json.loads(recording.read_text())
        assert recorded["steps"] == [provider, *steps], f"{recording.name} was recorded from other HCL: record it again"
        return list(recorded["plans"])
    workspace = with_hashicorp(folder / "hashicorp", sandbox)
    plans = [slim(plan, volatile) for plan in _plan(workspace, steps, provider)]
    if os.environ.get(RECORD):
        RECORDINGS.mkdir(exist_ok=True)
        content = {"steps": [provider, *steps], "plans": plans}
        recording.write_text(json.dumps(content, indent=1, sort_keys=True) + "\n")
    return plans


def _plan(workspace: Workspace, steps: Sequence[str], provider: str, *, settled: bool = False) -> list[dict[str, Any]]:
    """The plan of each step, and then, when it shall be `settled`, of the last one again; nothing stays."""
    plans = []
    try:
        for hcl in steps:
            plans.append(workspace.write(hcl, provider).plan())
            workspace.run("apply", "-no-color", "-input=false", "tfplan")
        if settled:
            plans.append(workspace.plan())
    finally:
        workspace.destroy()
    return plans


def slim(plan: dict[str, Any], volatile: frozenset[str] = VOLATILE) -> Plan:
    """What counts of a plan's JSON, in one spelling."""
    slimmed: Plan = {}
    for entry in plan.get("resource_changes", []):
        known = read_vendored().resources if entry["mode"] == "managed" else read_vendored().data_sources
        block, change = known[entry["type"]].block, entry["change"]
        slimmed[entry["address"]] = {
            "actions": change["actions"],
            "replace": sorted(json.dumps(path) for path in change.get("replace_paths", [])),
            "before": _values(block, change.get("before"), volatile),
            "after": _values(block, change.get("after"), volatile),
            "unknown": sorted(_unknown(block, change.get("after_unknown"))),
        }
    return slimmed


def compare(ours: Plan, theirs: Plan) -> Iterator[str]:
    """The disagreements of two plans as `slim` makes them: the sandbox's | hashicorp's."""
    for address in sorted(ours.keys() | theirs.keys()):
        if address not in ours or address not in theirs:
            yield f"{address}: planned by {'hashicorp' if address in theirs else 'the sandbox'} alone"
            continue
        for part, mine in ours[address].items():
            real = theirs[address][part]
            if not isinstance(mine, dict) or not isinstance(real, dict):
                if mine != real:
                    yield f"{address}: {part}: {json.dumps(mine)} | {json.dumps(real)}"
                continue
            for name in sorted(mine.keys() | real.keys()):
                if mine.get(name) != real.get(name):
                    yield f"{address}: {part}.{name}: {json.dumps(mine.get(name))} | {json.dumps(real.get(name))}"


def _values(block: SchemaBlock, values: Any, volatile: frozenset[str]) -> dict[str, Any] | None:
    if values is None:
        return None
    plain = {name: _plain(block, name, values.get(name)) for name in _names(block) if name not in volatile}
    return {name: value for name, value in plain.items() if value is not None}


def _plain(block: SchemaBlock, name: str, value: Any) -> Any:
    """The value with one word for nothing, sets in order, and only what both schemas have."""
    if value in (None, "", 0, False, [], {}):
        return None
    if name in block.attributes:
        kind = block.attributes[name].type
        return sorted(value) if isinstance(kind, list) and kind[:2] == ["set", "string"] else value
    nested = block.blocks[name]
    items = [value] if isinstance(value, dict) else value
    plain = [_values(nested.block, item, frozenset()) for item in items]
    return sorted(plain, key=json.dumps) if nested.nesting == "set" else plain


def _names(block: SchemaBlock) -> list[str]:
    return sorted((*block.attributes, *block.blocks))


def _unknown(block: SchemaBlock, marks: Any, prefix: str = "") -> set[str]:
    """The dotted names of what is known only after apply."""
    if not isinstance(marks, dict):
        return set()
    found = {prefix + name for name in _names(block) if marks.get(name) is True}
    for name in block.attributes:
        if isinstance(marks.get(name), dict | list) and "true" in json.dumps(marks[name]):
            found.add(prefix + name)
    for name, nested in block.blocks.items():
        items = marks.get(name)
        for item in items if isinstance(items, list) else []:
            found |= {f"{prefix}{name}"} if item is True else _unknown(nested.block, item, f"{prefix}{name}.")
    return found
