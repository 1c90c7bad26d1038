"""The HCL is valid for hashicorp/aws 6.62 too: each argument and block that it writes is in that provider's schema."""

import json
import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
SCHEMA = Path(os.environ.get("HYBRIDCTL_TEST_PROVIDER_SCHEMA", "/nowhere"))
META = {"count", "for_each", "depends_on", "lifecycle", "provider"}

pytestmark = pytest.mark.skipif(
    not SCHEMA.is_file(), reason="HYBRIDCTL_TEST_PROVIDER_SCHEMA names no schema of a newer hashicorp/aws"
)


def list_arguments() -> Iterator[tuple[str, str, str]]:
    """Each resource type of the modules with an argument or block that stands at its top, and the file."""
    for path in sorted(REPOSITORY.glob("terraform/modules/*/*.tf")):
        text = path.read_text(encoding="utf-8")
        for found in re.finditer(r'^resource "(\w+)" "\w+" \{\n(.*?)^\}', text, re.MULTILINE | re.DOTALL):
            for name in re.findall(r'^  (?:dynamic ")?(\w+)"?\s*(?:=|\{)', found[2], re.MULTILINE):
                if name not in META:
                    yield found[1], name, path.name


def block(kind: str) -> Mapping[str, Any]:
    resources: Mapping[str, Any] = json.loads(SCHEMA.read_text(encoding="utf-8"))["resource_schemas"]
    found: Mapping[str, Any] = resources[kind]
    return found


def test_every_argument_is_one_of_the_newer_schema():
    missing = [
        f"{where}: {kind}.{name}"
        for kind, name, where in list_arguments()
        if name not in block(kind).get("attributes", {}) and name not in block(kind).get("block_types", {})
    ]
    assert missing == []
    assert len(set(list_arguments())) > 80


def test_no_argument_is_deprecated_there_or_the_providers_to_say():
    wrong = []
    for kind, name, where in list_arguments():
        attribute = block(kind).get("attributes", {}).get(name, {})
        is_readonly = attribute.get("computed") and not attribute.get("optional")
        if attribute.get("deprecated") or is_readonly:
            wrong.append(f"{where}: {kind}.{name}")
    assert wrong == []
