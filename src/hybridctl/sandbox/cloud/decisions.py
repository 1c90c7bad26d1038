"""A file of IAM decisions, which shows the policy that a run needs."""

import json
from collections.abc import Mapping
from pathlib import Path
from threading import Lock
from typing import Any

from hybridctl.sandbox.cloud import emulator
from hybridctl.sandbox.home import ACCOUNT

# No policy can deny it. https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html
ALWAYS_ALLOWED = frozenset({"sts:GetCallerIdentity"})


class DecisionLog:
    """Writes one JSON object per line: `principal`, `action`, `resource`, `allowed`, and IAM's own condition keys as
    `context`.

    Each decision for a key is written once. The owner's key is not evaluated, so its calls are not listed.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._evaluator = emulator.Parts("core.iam_evaluator", "resolve_principal")
        self._noted: set[tuple[str, str]] = set()
        self._lock = Lock()

    def note(self, key: str, action: str, resource: str, context: Mapping[str, Any], *, allowed: bool) -> None:
        known = {name: value for name, value in context.items() if name.lower().startswith("iam:")}
        decided = {"action": action, "resource": resource, "context": known, "allowed": allowed}
        mark = (key, json.dumps(decided, sort_keys=True))
        with self._lock:
            if mark in self._noted or action in ALWAYS_ALLOWED:
                return
            self._noted.add(mark)
            principal = self._evaluator["resolve_principal"](key, ACCOUNT)
            if getattr(principal, "policies", None) is not None:
                line = json.dumps({"principal": principal.arn, **decided}, sort_keys=True)
                with self._path.open("a", encoding="utf-8") as file:
                    file.write(f"{line}\n")
