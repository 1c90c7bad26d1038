"""View of a package, of its reproducibility, and of its difference from the live version."""

from dataclasses import fields
from typing import Any

from rich.console import Group, RenderableType
from rich.text import Text

from hybridctl.domain.counting import count_noun
from hybridctl.domain.manifest import FileDifference
from hybridctl.domain.package import Package
from hybridctl.operations.build import ExplainedBuild, Verified
from hybridctl.views.render import as_json, render
from hybridctl.views.rows import Rows, list_files


@render.register
def _(package: Package) -> RenderableType:
    return Rows(_rows(package))


@render.register
def _(verified: Verified) -> RenderableType:
    told = f"{count_noun(verified.builds, 'build')} from scratch gave identical bytes"
    return Rows([*_rows(verified.package), (Text("verified", "bold"), told)])


@as_json.register
def _(package: Package) -> Any:
    """Return all fields; `notes`, `checked_by`, `machine_code` and `doubt` only if they are not empty."""
    optional = {"notes", "checked_by", "machine_code", "doubt"}
    values = {field.name: as_json(getattr(package, field.name)) for field in fields(package)}
    return {name: value for name, value in values.items() if value or name not in optional}


@as_json.register
def _(verified: Verified) -> Any:
    return {**as_json(verified.package), "verified": verified.builds}


@render.register
def _(explained: ExplainedBuild) -> RenderableType:
    return Group(render(explained.package), _difference(explained))


def _rows(package: Package) -> list[tuple[Text, str]]:
    files = count_noun(package.files, "file")
    rows = {
        "package": f"{package.path}, {'built' if package.fresh else 'unchanged'}",
        "size": f"{package.size / 1000:.1f} kB, {package.unpacked / 1000:.1f} kB in {files}",
        "build": package.build,
        "sha256": package.sha256,
        "checked": f"by {package.checked_by}" if package.checked_by else "",
    }
    return [(Text(name, "bold"), value) for name, value in rows.items() if value]


def _difference(explained: ExplainedBuild) -> RenderableType:
    difference: FileDifference = explained.difference
    if difference.empty:
        return Text(f"same files as version {explained.version}")
    lines = (Text("  ").append_text(line) for line in list_files(difference))
    return Group(Text(f"compared with version {explained.version}:"), *lines)
