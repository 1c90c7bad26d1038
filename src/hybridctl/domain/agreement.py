"""Check that hybridctl.toml and the HCL describe the same function, based on a plan."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from hybridctl.domain.plan_json import find_planned

_SHA256 = re.compile(r"[A-Za-z0-9+/]{43}=")


@dataclass(frozen=True, slots=True)
class ConfiguredFunction:
    """The function as hybridctl.toml describes it. `name` is built from the project and the environment."""

    name: str
    runtime: str
    architecture: str
    handler: str
    alias: str


def find_disagreements(plan: Mapping[str, Any], wanted: ConfiguredFunction, package_sha256: str) -> list[str]:
    """Return one sentence for each difference between the settings and a plan's JSON. Each sentence names both values.

    Return nothing for a plan without a function. Values that are known only after the apply are not compared.
    """
    functions = list(find_planned(plan, "aws_lambda_function"))
    if not functions:
        return []
    ours = [(address, values) for address, values in functions if values.get("function_name") == wanted.name]
    if not ours:
        names = ", ".join(str(values.get("function_name")) for _, values in functions if values.get("function_name"))
        return [f"project gives the function the name {wanted.name}, but the HCL gives it {names}"] if names else []
    address, values = ours[0]
    differences = []
    for setting, mine, theirs in (
        ("runtime", wanted.runtime, values.get("runtime")),
        ("architecture", wanted.architecture, next(iter(values.get("architectures") or ()), None)),
        ("handler", wanted.handler, values.get("handler")),
    ):
        if theirs is not None and theirs != mine:
            differences.append(f"{setting} is {mine} in hybridctl.toml, but {theirs} in {address}")
    digest = values.get("source_code_hash")
    if isinstance(digest, str) and _SHA256.fullmatch(digest) and digest != package_sha256:
        differences.append(
            f"{address} deploys {values.get('filename') or 'another zip'}, which is not the package that was built"
        )
    aliases = [values for _, values in find_planned(plan, "aws_lambda_alias")]
    known = sorted(
        {one["name"] for one in aliases if one.get("function_name") in (wanted.name, None) and "name" in one}
    )
    if known and wanted.alias not in known:
        differences.append(f"alias is {wanted.alias} in hybridctl.toml, but {', '.join(known)} in the HCL")
    return differences
