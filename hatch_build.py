"""Puts the template `sessions` into the wheel, from the one place where this repository has it."""

import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class PackTemplates(BuildHookInterface[Any]):
    """An editable installation reads the checkout instead."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        if version == "editable":
            return
        root = Path(self.root)
        sys.path.insert(0, str(root / "src"))
        from hybridctl.adapters.templates import SESSIONS, template_files

        for name in SESSIONS:
            source = root / name
            for path in template_files(source) if source.is_dir() else [source]:
                target = f"hybridctl/templates/sessions/{path.relative_to(root)}"
                build_data["force_include"][str(path)] = target
