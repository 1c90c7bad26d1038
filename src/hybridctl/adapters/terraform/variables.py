"""The sources of a Terraform root's values, in Terraform's order, and the variables that the root declares.

Source: https://developer.hashicorp.com/terraform/language/values/variables (definition precedence).
"""

import json
from pathlib import Path
from typing import Any

from hybridctl.adapters.terraform.hcl import NotReadable, read_assignments, read_block_names
from hybridctl.domain.values import Values
from hybridctl.errors import ConfigurationInvalid, FileUnreadable
from hybridctl.files import read_json, read_text


def value_files(root: Path) -> list[Path]:
    """Return the files that Terraform reads automatically in a root. Later files take precedence."""
    named = [root / "terraform.tfvars", root / "terraform.tfvars.json"]
    automatic = sorted((*root.glob("*.auto.tfvars"), *root.glob("*.auto.tfvars.json")), key=lambda path: path.name)
    return [path for path in (*named, *automatic) if path.is_file()]


def read_values(root: Path) -> Values:
    """Return the values that those files set. Raises ConfigurationInvalid for a file that is neither HCL nor JSON."""
    found: dict[str, Any] = {}
    unreadable: dict[str, str] = {}
    for path in value_files(root):
        where = f"{root.name}/{path.name}"
        try:
            text = read_text(path)
            if path.suffix == ".json":
                values, doubts = json.loads(text), {}
                if not isinstance(values, dict):
                    raise NotReadable("not a JSON object")
            else:
                read = read_assignments(text)
                values, doubts = dict(read.values), dict(read.unreadable)
        except (FileUnreadable, ValueError, RecursionError, NotReadable) as cause:
            raise ConfigurationInvalid(f"{path} cannot be read: {cause}", hint=f"correct {path.name}") from cause
        for name in (*values, *doubts):
            found.pop(name, None)
            unreadable.pop(name, None)
        found |= values
        unreadable |= {name: f"{where}: {text}" for name, text in doubts.items()}
    return Values(found, unreadable)


def read_declared_variables(root: Path) -> set[str] | None:
    return read_declared(root, "variable")


def read_declared(root: Path, kind: str) -> set[str] | None:
    """Return the names of a root's variables or outputs, or None if its files cannot be read, which Terraform reports
    better.
    """
    names: set[str] = set()
    try:
        for path in root.glob("*.tf"):
            names |= read_block_names(read_text(path), kind)
        for path in root.glob("*.tf.json"):
            declared = read_json(path).get(kind, {})
            for block in declared if isinstance(declared, list) else [declared]:
                names |= set(block)
    except (FileUnreadable, ValueError, AttributeError, TypeError, RecursionError, NotReadable):
        return None
    return names
