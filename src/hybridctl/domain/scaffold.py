"""Templates of new backends, and how their files become files of a project."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum, unique
from pathlib import Path

from hybridctl.domain.environment import BUCKET_NAME_LIMIT, Names

NAME = re.compile(r"[a-z][a-z0-9-]{1,30}[a-z0-9]")
REGION = re.compile(r"[a-z]{2}(-[a-z]+)+-\d")
RUNTIMES = ("python3.11", "python3.12", "python3.13", "python3.14")  # lambda/latest/dg/lambda-runtimes.html
_LONGEST_ENVIRONMENT = "production"

# The values in a template's files that are replaced by the project's own.
_REGION, _RUNTIME = "us-east-1", "python3.13"
_PROJECTS = ("new-backend", "hybrid-ci-cd")

# Files that often exist in a folder with code. Existing ones are kept.
SHARED = (".gitignore", "README.md", "requirements-dev.txt", "pytest.ini", "ruff.toml")


@unique
class TemplateName(StrEnum):
    HTTP = "http"
    SESSIONS = "sessions"


@dataclass(frozen=True, slots=True)
class Wish:
    """The backend to create: template, name, region, runtime, and the hybridctl version for its CI."""

    template: TemplateName
    project: str
    region: str
    runtime: str
    hybridctl: str


@unique
class FileState(StrEnum):
    """The result for a file, or with `--dry-run` the expected result."""

    WRITTEN = "written"
    KEPT = "kept"
    SAME = "same"


def fill(files: Mapping[str, str], wish: Wish) -> dict[str, str]:
    """Return the files of a template with the project's name, region, runtime and hybridctl version."""
    version = wish.runtime.removeprefix("python")
    everywhere = {
        **dict.fromkeys(_PROJECTS, wish.project),
        _RUNTIME: wish.runtime,
        'python-version: "3.13"': f'python-version: "{version}"',
        "hybridctl[sandbox]\n": f"hybridctl[sandbox]=={wish.hybridctl}\n",
        "pip install hybridctl\n": f"pip install hybridctl=={wish.hybridctl}\n",
    }

    def fill_in(path: str, text: str) -> str:
        names_region = path == "hybridctl.toml" or path.startswith(".github/")
        for old, new in (everywhere | ({_REGION: wish.region} if names_region else {})).items():
            text = text.replace(old, new)
        return text

    return {path: fill_in(path, text) for path, text in files.items()}


def is_link(text: str) -> bool:
    """Return whether the text stands for a symbolic link. A wheel cannot contain links; all other texts end with a
    newline.
    """
    return text.startswith("../") and not text.endswith("\n")


def suggest_name(folder: str) -> str:
    """Return a valid project name similar to a folder's name, or "my-backend" if that is not possible."""
    words = re.sub(r"[^a-z0-9]+", "-", folder.lower()).strip("-0123456789")[:32].strip("-")
    return words if NAME.fullmatch(words) else "my-backend"


def fault_of(wish: Wish, *, any_runtime: bool = False) -> tuple[str, str] | None:
    """Return what is wrong with the wish and how to fix it, or None. `any_runtime` is for an existing function."""
    if not NAME.fullmatch(wish.project):
        rule = "3 to 32 lower-case letters, digits or dashes, beginning with a letter"
        return f"{wish.project!r} is not a valid project name: use {rule}", f"for example {suggest_name(wish.project)}"
    if not REGION.fullmatch(wish.region):
        return f"{wish.region!r} is not an AWS region", "for example us-east-1 or eu-central-1"
    if wish.runtime not in RUNTIMES and not any_runtime:
        return f"{wish.runtime!r} is not a Python runtime of Lambda", f"use one of {', '.join(RUNTIMES)}"
    bucket = Names(wish.project, _LONGEST_ENVIRONMENT).state_bucket("0" * 12, wish.region)
    if (surplus := len(bucket) - BUCKET_NAME_LIMIT) > 0:
        return (
            (
                f"{wish.project!r} is too long for {wish.region}: the name of the "
                f"state bucket would exceed {BUCKET_NAME_LIMIT} characters"
            ),
            f"shorten it to {len(wish.project) - surplus} characters",
        )
    return None


@dataclass(frozen=True, slots=True)
class Initialized:
    """A new backend: its files by their path below `folder`, and in `steps` the next commands.

    It comes from a template or from an existing `function`; `notes` contains what to know about that function.
    """

    folder: Path
    project: str
    template: TemplateName | None
    files: Mapping[str, FileState]
    steps: tuple[str, ...]
    dry_run: bool = False
    function: str | None = None
    notes: tuple[str, ...] = ()
