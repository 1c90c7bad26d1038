"""A reviewed plan as one file that only its owner can read: Terraform's plan contains all values in plain text."""

import hashlib
import io
import json
import zipfile
from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from pathlib import Path

from hybridctl.adapters.packaging.archive import Zip
from hybridctl.domain.engine import PLAN_LIMIT
from hybridctl.domain.package import ZIP_LIMIT
from hybridctl.domain.reviewed_plan import Ground, ReviewedPlan
from hybridctl.errors import FileUnreadable, FileUnwritable
from hybridctl.files import DOCUMENT_LIMIT, must_be_ours, open_file, parse_json, write_file

_FORMAT = 1
_LIMIT = ZIP_LIMIT + PLAN_LIMIT + DOCUMENT_LIMIT
_HINT = "hybridctl plan ENV --out FILE creates one"
_ABOUT, _PLAN, _PACKAGE, _LOCKS = "plan.json", "tfplan", "package.zip", "terraform.lock.hcl"


class PlanArchive:
    """The file that `plan --out` writes: a zip of the plan, the package, the lock file, and their origin."""

    def write(self, path: Path, plan: ReviewedPlan) -> str:
        """Replace the file in one step and return its digest. Raises FileUnwritable."""
        about = {
            "format": _FORMAT,
            "ground": asdict(plan.ground),
            "actor": plan.actor,
            "made": plan.made.isoformat(),
            "variables": dict(plan.variables),
        }
        content = io.BytesIO()
        with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr(_ABOUT, json.dumps(about, indent=1))
            archive.writestr(_PLAN, plan.plan)
            archive.writestr(_PACKAGE, plan.package)
            if plan.locks is not None:
                archive.writestr(_LOCKS, plan.locks)
        if not path.parent.is_dir():
            raise FileUnwritable(f"writing {path}: there is no folder {path.parent}", hint=f"mkdir -p {path.parent}")
        write_file(path, content.getvalue())
        return hashlib.sha256(content.getvalue()).hexdigest()

    def read(self, path: Path) -> ReviewedPlan:
        """Read the file. Raises FileUnreadable if it is not a plan of hybridctl, or if others can change it."""
        name = f"the plan {path}"
        with open_file(path, what="the plan", limit=_LIMIT, hint=_HINT) as file:
            must_be_ours(file, path, "the plan")
            digest = hashlib.file_digest(file, "sha256").hexdigest()
            try:
                return _read(Zip(file, name), digest)
            except (FileUnreadable, LookupError, TypeError, ValueError, AttributeError) as cause:
                why = f": {str(cause).removeprefix(f'reading {name}: ')}" if isinstance(cause, FileUnreadable) else ""
                raise FileUnreadable(f"{path} is not a plan of this hybridctl{why}", hint=_HINT) from cause


def _read(archive: Zip, digest: str) -> ReviewedPlan:
    about = parse_json(archive.read(_ABOUT, DOCUMENT_LIMIT) or b"", _ABOUT)
    if about["format"] != _FORMAT:
        raise ValueError("another format")
    plan, package = archive.read(_PLAN, PLAN_LIMIT), archive.read(_PACKAGE, ZIP_LIMIT)
    if plan is None or package is None:
        raise ValueError("a part is missing")
    ground = _ground(about["ground"])
    variables = about["variables"]
    if not all(isinstance(value, str) for value in (about["actor"], *variables, *variables.values())):
        raise TypeError("a string is expected")
    return ReviewedPlan(
        ground=ground,
        actor=about["actor"],
        made=datetime.fromisoformat(about["made"]),
        plan=plan,
        package=package,
        locks=archive.read(_LOCKS, DOCUMENT_LIMIT),
        variables=variables,
        digest=digest,
    )


def _ground(values: Mapping[str, object]) -> Ground:
    """Return the plan's origin. Raises TypeError for a member of the wrong type."""
    ground = Ground(**values)  # type: ignore[arg-type]
    if not all(isinstance(value, int if name == "serial" else str) for name, value in asdict(ground).items()):
        raise TypeError("a fact of the plan has another type")
    return ground
