"""View of the state bucket, part by part, and of the role ARNs that GitHub needs."""

import json
from collections.abc import Iterator

from rich.console import Group, RenderableType
from rich.text import Text

from hybridctl.domain.foundation import BucketPart
from hybridctl.domain.iam.ci_role import CiPart
from hybridctl.operations.bootstrap import Bootstrapped
from hybridctl.views.render import render
from hybridctl.views.rows import Rows


@render.register
def _(result: Bootstrapped) -> RenderableType:
    lacking = "missing" if result.dry_run else "created"
    rows: list[tuple[Text, Text]] = []
    for part in BucketPart:
        name = f"{part} {result.bucket}" if part is BucketPart.BUCKET else part.value
        _row(rows, name, lacking if part in result.made else "exists")
    if not result.roles:
        return Rows(rows)
    made = [missing.part for missing in result.ci_made]
    _row(rows, f"{CiPart.PROVIDER} of GitHub", lacking if CiPart.PROVIDER in made else "exists")
    _row(rows, CiPart.BOUNDARY.value, lacking if CiPart.BOUNDARY in made else "exists")
    for role in result.roles:
        parts = [missing.part.value for missing in result.ci_made if missing.role == role.name]
        _row(rows, f"role {role.name}" + (f": {', '.join(parts)}" if parts else ""), lacking if parts else "exists")
    return Group(Rows(rows), *(Text(line, no_wrap=True, overflow="ignore") for line in _advice(result)))


def _advice(result: Bootstrapped) -> Iterator[str]:
    if result.subject is not None:
        yield f"trusted, according to {result.subject.source}, on {result.subject.ref}:"
        yield from (f"  {result.subject.of(role.job)}" for role in result.roles)
    for kept in result.ci_kept:
        yield f"kept: the {kept.part} of {kept.role} was edited by hand (--overwrite replaces it):"
        yield f"  {json.dumps(kept.found)}"
    for role in result.roles:
        yield f"ROLE_ARN of the GitHub environment {role.job}: {role.arn}"
    yield f"add to the terraform.tfvars of {result.environment}:"
    yield f'  permissions_boundary = "{result.boundary}"'


def _row(rows: list[tuple[Text, Text]], name: str, state: str) -> None:
    style = "dim" if state == "exists" else ""
    rows.append((Text(state, style), Text(name, style)))
