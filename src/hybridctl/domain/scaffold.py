"""Templates of new backends: what each is, and how its files become those of a project."""

import re
from collections.abc import Mapping
from enum import StrEnum, unique
from pathlib import Path

from hybridctl.domain.environment import BUCKET_NAME_LIMIT, Names
from hybridctl.values import dataclass

NAME = re.compile(r"[a-z][a-z0-9-]{1,30}[a-z0-9]")
REGION = re.compile(r"[a-z]{2}(-[a-z]+)+-\d")
RUNTIMES = ("python3.11", "python3.12", "python3.13", "python3.14")  # lambda/latest/dg/lambda-runtimes.html
_LONGEST_ENVIRONMENT = "production"

# What the files of a template say in place of the project's own values.
_REGION, _RUNTIME = "us-east-1", "python3.13"
_PROJECTS = ("new-backend", "hybrid-ci-cd")

# Files that a folder with code often has already: they are left as they are.
SHARED = (".gitignore", "README.md", "requirements-dev.txt", "pytest.ini", "ruff.toml")


@unique
class TemplateName(StrEnum):
    HTTP = "http"
    SESSIONS = "sessions"


@dataclass(frozen=True, slots=True)
class Wish:
    """The backend to make: its template and name, where and on what it runs, and the hybridctl that its CI installs."""

    template: TemplateName
    project: str
    region: str
    runtime: str
    hybridctl: str


@unique
class FileState(StrEnum):
    """What became of one file, or with `--dry-run` would become of it."""

    WRITTEN = "written"
    KEPT = "kept"
    SAME = "same"


def fill(files: Mapping[str, str], wish: Wish) -> dict[str, str]:
    """The files of a template with the project's own name, region, runtime and hybridctl."""
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
    """Whether this stands for a symbolic link: a wheel can hold none, and every other text ends its last line."""
    return text.startswith("../") and not text.endswith("\n")


def suggest_name(folder: str) -> str:
    """A valid project name that is close to a folder's name; "my-backend" where nothing of it can be used."""
    words = re.sub(r"[^a-z0-9]+", "-", folder.lower()).strip("-0123456789")[:32].strip("-")
    return words if NAME.fullmatch(words) else "my-backend"


def fault_of(wish: Wish, *, any_runtime: bool = False) -> tuple[str, str] | None:
    """Why the wish cannot be granted, and what to do; None if it can. `any_runtime` is for a function that exists."""
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
    """A new backend: its files by their path below `folder`; `steps` are the commands to type next.

    It comes from a template, or from a `function` that was taken over; `notes` are what to know of that one.
    """

    folder: Path
    project: str
    template: TemplateName | None
    files: Mapping[str, FileState]
    steps: tuple[str, ...]
    dry_run: bool = False
    function: str | None = None
    notes: tuple[str, ...] = ()
