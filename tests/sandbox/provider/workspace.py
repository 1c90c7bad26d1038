"""A Terraform root of a test: the engine hybridctl would take, with the sandbox's provider or hashicorp's own."""

import json
import os
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest

from hybridctl.adapters.terraform.engine import find_engine
from hybridctl.domain.unchanged_plan import describe_unchanged

PATIENCE_SECONDS = 180
MIRROR = "HYBRIDCTL_TEST_PROVIDER_MIRROR"
HEAD = """
terraform {
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 5.100, < 7"
    }
  }
}
"""
PROVIDER = 'provider "aws" {}\n'


def mirror() -> Path:
    """The filesystem mirror that holds the real provider; skips the test where there is none."""
    place = os.environ.get(MIRROR)
    if not place:
        pytest.skip(f"{MIRROR} does not name a filesystem mirror of hashicorp/aws")
    return Path(place)


@cache
def _find_engine() -> Sequence[str]:
    return find_engine(None, os.environ).argv


def _list_values(values: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    modules = [values.get("root_module", {})]
    while modules:
        module = modules.pop()
        modules += module.get("child_modules", ())
        yield from ((raw["address"], raw["values"]) for raw in module.get("resources", ()))


class Workspace:
    """One root module in `folder`; `hcl` may be written again between commands."""

    def __init__(self, folder: Path, environment: Mapping[str, str], *, needs_init: bool) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self.environment = dict(environment)
        self._engine = _find_engine()
        self._needs_init = needs_init

    def write(self, hcl: str, provider: str = PROVIDER) -> "Workspace":
        (self.folder / "main.tf").write_text(HEAD + provider + hcl)
        return self

    def run(self, *arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        """Run Terraform; with `check`, a refusal fails the test and shows its output."""
        command = [*self._engine, *arguments]
        try:
            done = subprocess.run(
                command,
                cwd=self.folder,
                env=self.environment,
                capture_output=True,
                text=True,
                timeout=PATIENCE_SECONDS,
                check=False,
            )
        except subprocess.TimeoutExpired as late:
            output = b"".join(part for part in (late.stdout, late.stderr) if isinstance(part, bytes)).decode()
            raise AssertionError(f"terraform {' '.join(arguments)} took over {PATIENCE_SECONDS} s:\n{output}") from None
        if check and done.returncode not in (0, 2):
            raise AssertionError(f"terraform {' '.join(arguments)}:\n{done.stdout}\n{done.stderr}")
        return done

    def plan(self, *arguments: str) -> dict[str, Any]:
        """A saved plan, as `terraform show -json` prints it."""
        self._init()
        self.run("plan", "-no-color", "-input=false", "-out=tfplan", *arguments)
        shown: dict[str, Any] = json.loads(self.run("show", "-json", "tfplan").stdout)
        if shown.get("applyable") is False and not arguments:
            self._must_be_read_alike(shown)
        return shown

    def _must_be_read_alike(self, shown: Mapping[str, Any]) -> None:
        """hybridctl reads a plan without changes from its file: all that it finds there is what Terraform shows."""
        with ZipFile(self.folder / "tfplan") as file:
            read = describe_unchanged(json.loads(file.read("tfstate")))
        for name in ("planned_values", "prior_state"):
            ours, theirs = (dict(_list_values(plan[name].get("values", plan[name]))) for plan in (read, shown))
            assert ours == theirs

    def actions(self, plan: Mapping[str, Any] | None = None) -> dict[str, list[str]]:
        """What a plan (a new one, unless given) would do to each resource, without those it leaves alone."""
        changes = (plan or self.plan()).get("resource_changes", [])
        return {
            change["address"]: change["change"]["actions"]
            for change in changes
            if change["change"]["actions"] not in (["no-op"], ["read"])
        }

    def apply(self) -> dict[str, Any]:
        """Plan and apply; the attributes of every resource and data source by address, and outputs as "output"."""
        self._init()
        self.run("apply", "-no-color", "-input=false", "-auto-approve")
        return self.state()

    def state(self) -> dict[str, Any]:
        """The attributes of every resource and data source by address, and outputs as "output", from the state file."""
        state = json.loads((self.folder / "terraform.tfstate").read_text())
        found = {"output": {name: entry["value"] for name, entry in state["outputs"].items()}}
        for resource in state["resources"]:
            data = "data." if resource["mode"] == "data" else ""
            for instance in resource["instances"]:
                index = f"[{json.dumps(instance['index_key'])}]" if "index_key" in instance else ""
                found[f"{data}{resource['type']}.{resource['name']}{index}"] = instance["attributes"]
        return found

    def destroy(self) -> None:
        self.run("apply", "-destroy", "-auto-approve", "-no-color", "-input=false")

    def refusal(self, *arguments: str) -> str:
        """What Terraform says when a command (validate, unless given) is refused, on one line."""
        self._init()
        done = self.run(*(arguments or ("validate",)), "-no-color", check=False)
        assert done.returncode == 1, f"not refused:\n{done.stdout}"
        return " ".join((done.stdout + done.stderr).replace("│", " ").split())

    def _init(self) -> None:
        if self._needs_init:
            self.run("init", "-no-color", "-input=false")
            self._needs_init = False


def with_ours(folder: Path, sandbox: Any) -> Workspace:
    """A workspace that reaches the sandbox's own provider: Terraform has nothing to install."""
    environment = {**sandbox.environment, "TF_REATTACH_PROVIDERS": json.dumps(sandbox.reattach)}
    return Workspace(
        folder,
        {**environment, "CHECKPOINT_DISABLE": "1", "GOGC": "400", "TF_CLI_CONFIG_FILE": os.devnull},
        needs_init=False,
    )


def with_hashicorp(folder: Path, sandbox: Any) -> Workspace:
    """A workspace that runs the real provider against the same sandbox."""
    folder.mkdir(parents=True, exist_ok=True)
    settings = folder / "cli.tfrc"
    settings.write_text(f'provider_installation {{\n  filesystem_mirror {{\n    path = "{mirror()}"\n  }}\n}}\n')
    environment = {**sandbox.environment, "TF_CLI_CONFIG_FILE": str(settings), "CHECKPOINT_DISABLE": "1"}
    return Workspace(folder, environment, needs_init=True)
