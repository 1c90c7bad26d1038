"""What a Terraform plan would do, read from the plan's JSON and ordered by risk.

Source of the format: https://developer.hashicorp.com/terraform/internals/json-format
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import IntEnum, StrEnum, unique
from typing import Any


@unique
class Action(StrEnum):
    CREATE = "create"
    UPDATE = "update"
    REPLACE = "replace"
    DELETE = "delete"
    IMPORT = "import"  # adopted without changes
    MOVE = "move"  # to another address, without changes: a `moved` block
    FORGET = "forget"  # it stays, but no longer in the state: a `removed` block


@unique
class Risk(IntEnum):
    """The order in which changes are shown."""

    DESTROYS = 0
    ACCESS = 1
    DATA = 2
    ORDINARY = 3


_ACCESS_TYPES = ("aws_iam_", "aws_lambda_permission", "aws_sns_topic_policy", "aws_s3_bucket_policy")
_DATA_TYPES = ("aws_dynamodb_table", "aws_s3_bucket")


@dataclass(frozen=True, slots=True)
class Change:
    """A change of one resource. `attributes` are the top-level names whose values differ or are not known yet.

    `imported` is true for an existing object that is adopted, even if the plan also changes it. `moved_from` is the
    address that the state has for it, if that is another one.
    """

    address: str
    type: str
    action: Action
    attributes: tuple[str, ...] = ()
    imported: bool = False
    moved_from: str = ""

    @property
    def risk(self) -> Risk:
        if self.action in (Action.DELETE, Action.REPLACE):
            return Risk.DESTROYS
        if self.type.startswith(_ACCESS_TYPES):
            return Risk.ACCESS
        return Risk.DATA if self.type.startswith(_DATA_TYPES) else Risk.ORDINARY


@dataclass(frozen=True, slots=True)
class Changes:
    """A plan's changes, most dangerous first, and the names of the outputs that change."""

    resources: tuple[Change, ...]
    outputs: tuple[str, ...] = ()

    @property
    def empty(self) -> bool:
        return not self.resources and not self.outputs

    def count(self, action: Action) -> int:
        """Return the number of changes with this action. IMPORT also counts imports that are changed."""
        if action is Action.IMPORT:
            return sum(change.imported for change in self.resources)
        return sum(change.action is action for change in self.resources)

    @property
    def summary(self) -> str:
        """One line for the plan: "3 to add, 1 to change", or "no changes"."""
        return self._count(
            {
                Action.IMPORT: "to import",
                Action.CREATE: "to add",
                Action.UPDATE: "to change",
                Action.REPLACE: "to replace",
                Action.DELETE: "to destroy",
                Action.MOVE: "to move",
                Action.FORGET: "to forget",
            }
        )

    @property
    def done(self) -> str:
        """One line after the apply: "3 added, 1 changed"."""
        return self._count(
            {
                Action.IMPORT: "imported",
                Action.CREATE: "added",
                Action.UPDATE: "changed",
                Action.REPLACE: "replaced",
                Action.DELETE: "destroyed",
                Action.MOVE: "moved",
                Action.FORGET: "forgotten",
            }
        )

    def _count(self, words: Mapping[Action, str]) -> str:
        counted = [f"{self.count(action)} {word}" for action, word in words.items() if self.count(action)]
        if counted:
            return ", ".join(counted)
        return "outputs only" if self.outputs else "no changes"


def read_changes(plan: Mapping[str, Any]) -> Changes:
    """Read the changes from the JSON of `terraform show -json`, without reads and no-ops.

    What changes the state alone counts too: if it were never applied, deleting the block would destroy the object.
    """
    changes = [change for raw in plan.get("resource_changes", ()) if (change := _change(raw))]
    outputs = sorted(
        name for name, raw in plan.get("output_changes", {}).items() if raw.get("actions") not in (["no-op"], ["read"])
    )
    return Changes(tuple(sorted(changes, key=lambda change: (change.risk, change.address))), tuple(outputs))


def _change(raw: Mapping[str, Any]) -> Change | None:
    body = raw["change"]
    imported = bool(body.get("importing"))
    moved_from = str(raw.get("previous_address") or "")
    action = _action(body["actions"]) or (Action.IMPORT if imported else Action.MOVE if moved_from else None)
    if action is None or raw.get("mode", "managed") != "managed":
        return None
    before, after = body.get("before") or {}, body.get("after") or {}
    unknown = body.get("after_unknown") or {}
    attributes: tuple[str, ...] = ()
    if action in (Action.UPDATE, Action.REPLACE):
        names = {*before, *after}
        differs = {name for name in names if before.get(name) != after.get(name) and unknown.get(name) is not True}
        attributes = tuple(sorted(differs or {name for name, value in unknown.items() if value is True}))
        if imported and _is_known_to_terraform_alone(raw["type"], before, after, attributes):
            action, attributes = Action.IMPORT, ()
    return Change(raw["address"], raw["type"], action, attributes, imported, moved_from)


def _is_known_to_terraform_alone(
    kind: str, before: Mapping[str, Any], after: Mapping[str, Any], attributes: Iterable[str]
) -> bool:
    """Return whether an imported function changes only in what AWS does not store: the zip's path and how it is
    published.

    The code is then the same and already published as a version, so Lambda publishes no new version.
    """
    return (
        kind == "aws_lambda_function"
        and set(attributes) <= {"filename", "publish", "source_code_hash"}
        and after.get("source_code_hash") == before.get("code_sha256")
        and str(before.get("version", "")).isdecimal()
    )


def _action(actions: Iterable[str]) -> Action | None:
    match sorted(actions):
        case ["create", "delete"] | ["create", "forget"]:
            return Action.REPLACE
        case ["create"]:
            return Action.CREATE
        case ["update"]:
            return Action.UPDATE
        case ["delete"]:
            return Action.DELETE
        case ["forget"]:
            return Action.FORGET
        case _:
            return None
