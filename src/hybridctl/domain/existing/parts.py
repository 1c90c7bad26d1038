"""The parts of a taken-over function's HCL: resources and their import ids."""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from hybridctl.domain.existing.hcl import HclBlock, Raw, expression

FUNCTION = Raw("aws_lambda_function.this.function_name")
ALIAS = Raw("aws_lambda_alias.live.name")

Found = Iterator[tuple[HclBlock, dict[str, str]]]


def unless_rehearsed(value: Any) -> Raw | None:
    """Return an argument that is null on the sandbox, which does not support it."""
    return Raw(f"var.rehearsed ? null : {expression(value)}") if value else None


def block_on_aws(name: str, arguments: Mapping[str, Any]) -> HclBlock:
    """Return a block that is left out on the sandbox, which does not support it."""
    return HclBlock(
        f'dynamic "{name}"', {"for_each": Raw("var.rehearsed ? [] : [1]")}, (HclBlock("content", arguments),)
    )


def own_tags(raw: Mapping[str, Any]) -> dict[str, str] | None:
    return {name: value for name, value in (raw.get("Tags") or {}).items() if not name.startswith("aws:")} or None


def label_each(names: Iterable[str]) -> dict[str, str]:
    """Return a unique HCL label for each name."""
    labels: dict[str, str] = {}
    for name in names:
        label, number = identifier(name), 2
        while label in labels.values():
            label, number = f"{identifier(name)}_{number}", number + 1
        labels[name] = label
    return labels


def identifier(name: str) -> str:
    """Return a valid HCL identifier similar to a name."""
    label = re.sub(r"[^a-z0-9_]+", "_", re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()).strip("_")
    return label if label and not label[0].isdigit() else f"n_{label}".rstrip("_")
