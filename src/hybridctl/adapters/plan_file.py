"""A reviewed plan as one file that only its owner can read: Terraform's plan holds every value in clear."""

import io
import json
import os
import zipfile
from dataclasses import asdict
from datetime import datetime
from pathlib import Path

from hybridctl.adapters.disk import unwritable
from hybridctl.domain.reviewed import Ground, ReviewedPlan
from hybridctl.errors import ConfigurationInvalid, FileUnwritable

_FORMAT = 1
_ABOUT, _PLAN, _PACKAGE, _LOCKS = "plan.json", "tfplan", "package.zip", "terraform.lock.hcl"


class PlanArchive:
    """What `plan --out` writes: a zip of the plan, the package, the lock file, and where they are from."""

    def write(self, path: Path, plan: ReviewedPlan) -> None:
        """Replace the file in one step; raises FileUnwritable naming it."""
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
        fresh = path.with_name(f".{path.name}.{os.getpid()}")
        try:
            descriptor = os.open(fresh, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600)
            with os.fdopen(descriptor, "wb") as file:
                file.write(content.getvalue())
            fresh.replace(path)
        except OSError as cause:
            fresh.unlink(missing_ok=True)
            raise unwritable(path, cause, FileUnwritable, "check the folder's permissions") from cause

    def read(self, path: Path) -> ReviewedPlan:
        """The plan that was written; ConfigurationInvalid when there is none or it is not one of ours."""
        try:
            with zipfile.ZipFile(path) as archive:
                about = json.loads(archive.read(_ABOUT))
                if about["format"] != _FORMAT:
                    raise ValueError("another format")
                return ReviewedPlan(
                    ground=Ground(**about["ground"]),
                    actor=about["actor"],
                    made=datetime.fromisoformat(about["made"]),
                    plan=archive.read(_PLAN),
                    package=archive.read(_PACKAGE),
                    locks=archive.read(_LOCKS) if _LOCKS in archive.namelist() else None,
                    variables=about["variables"],
                )
        except OSError as cause:
            raise ConfigurationInvalid(
                f"reading the plan {path}: {cause.strerror or cause}", hint="hybridctl plan ENV --out FILE makes one"
            ) from cause
        except (zipfile.BadZipFile, KeyError, TypeError, ValueError) as cause:
            raise ConfigurationInvalid(
                f"{path} is no plan that this hybridctl has made", hint="hybridctl plan ENV --out FILE makes one"
            ) from cause
