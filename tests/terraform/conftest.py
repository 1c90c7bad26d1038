"""The HCL under test: where it is, which engine reads it, and a copy that tests may dirty.

Plans are made with the sandbox's provider, and with the real one off a mirror that an environment variable names,
without credentials and without a network: nothing is refreshed and nothing is applied.
"""

import json
import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from hybridctl.adapters.terraform.engine import find_engine
from hybridctl.sandbox.key import Key
from hybridctl.sandbox.provider.server import ProviderServer

TERRAFORM = Path(__file__).resolve().parents[2] / "terraform"
REFUSALS = "refusals.tftest.hcl"
MIRROR = "HYBRIDCTL_TEST_PROVIDER_MIRROR"

# What the provider would otherwise ask AWS before it plans anything.
_OFFLINE_PROVIDER = """
provider "aws" {
  region                      = "us-east-1"
  access_key                  = "test"
  secret_key                  = "test"
  skip_credentials_validation = true
  skip_metadata_api_check     = true
  skip_region_validation      = true
  skip_requesting_account_id  = true
}
"""


@dataclass(frozen=True)
class Engine:
    """Terraform or OpenTofu, with an environment of its own."""

    argv: Sequence[str]
    environment: Mapping[str, str]

    def run(self, folder: Path, *arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        ended = subprocess.run(
            [*self.argv, f"-chdir={folder}", *arguments],
            env=dict(self.environment),
            capture_output=True,
            text=True,
            check=False,
        )
        assert ended.returncode == 0 or not check, f"{' '.join(arguments)}:\n{ended.stdout}\n{ended.stderr}"
        return ended

    def test(self, folder: Path, *, refusals: bool) -> None:
        """Run the root's own tests; `refusals` are of its variables, which are the same file in all roots."""
        files = [file.name for file in sorted(folder.glob("tests/*")) if refusals or file.name != REFUSALS]
        self.run(folder, "test", "-no-color", *(f"-filter=tests/{name}" for name in files))

    def init(self, folder: Path) -> None:
        self.run(folder, "init", "-backend=false", "-input=false", "-no-color")

    def plan(self, folder: Path, *, module: str, arguments: str, state: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
        """Changes by address of one module, planned against resources that a state file says are there already."""
        folder.mkdir(exist_ok=True)
        source = TERRAFORM / "modules" / module
        shutil.copytree(source, folder / "module", dirs_exist_ok=True, ignore=shutil.ignore_patterns("tests"))
        (folder / "main.tf").write_text(
            f'{_OFFLINE_PROVIDER}\nmodule "this" {{\n  source = "./module"\n{arguments}\n}}\n', encoding="utf-8"
        )
        (folder / "before.tfstate").write_text(json.dumps(_state(state)), encoding="utf-8")
        self.init(folder)
        self.run(folder, "plan", "-refresh=false", "-input=false", "-lock=false", "-state=before.tfstate", "-out=saved")
        shown = json.loads(self.run(folder, "show", "-json", "saved").stdout)
        return {
            change["address"].removeprefix("module.this."): change["change"] for change in shown["resource_changes"]
        }


def _state(resources: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    return {
        "version": 4,
        "terraform_version": "1.10.0",
        "serial": 1,
        "lineage": "11111111-2222-3333-4444-555555555555",
        "outputs": {},
        "resources": [
            {
                "module": "module.this",
                "mode": "managed",
                "type": resource["type"],
                "name": resource["name"],
                "provider": 'provider["registry.terraform.io/hashicorp/aws"]',
                "instances": [
                    {"schema_version": resource.get("schema_version", 0), "attributes": resource["attributes"]}
                ],
            }
            for resource in resources
        ],
    }


def _argv() -> Sequence[str]:
    """The engine that hybridctl itself would use: the one on PATH, else the bundled one."""
    return find_engine(None, os.environ).argv


@pytest.fixture(scope="session")
def hcl() -> Path:
    return TERRAFORM


@pytest.fixture(scope="session")
def formatter() -> Engine:
    return Engine(_argv(), {**os.environ, "CHECKPOINT_DISABLE": "1"})


@pytest.fixture(scope="session", params=["sandbox", "hashicorp"])
def engine(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """An engine with the sandbox's provider, and one that finds the real provider in the mirror if there is one."""
    home = tmp_path_factory.mktemp("engine")
    kept = {name: os.environ[name] for name in ("PATH", "TMPDIR") if name in os.environ}
    kept |= {"HOME": str(home), "CHECKPOINT_DISABLE": "1", "GOGC": "400"}  # as hybridctl runs it on the sandbox
    if request.param == "sandbox":
        # Nothing is applied or refreshed, so the provider's cloud need not be there.
        server = ProviderServer("http://127.0.0.1:9", home / "provider.sock", Key("x", "x"))
        server.start()
        yield Engine(_argv(), kept | {"TF_REATTACH_PROVIDERS": json.dumps(server.reattach())})
        server.stop()
        return
    mirror = os.environ.get(MIRROR)
    if not mirror:
        pytest.skip(f"{MIRROR} names no mirror of hashicorp/aws")
    configuration = home / "terraform.rc"
    configuration.write_text(
        f'provider_installation {{\n  filesystem_mirror {{\n    path = "{mirror}"\n  }}\n}}\n', encoding="utf-8"
    )
    yield Engine(_argv(), kept | {"TF_CLI_CONFIG_FILE": str(configuration)})


@pytest.fixture(scope="session")
def copy(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The whole tree, in its own shape, for `init` of one engine to leave its traces in."""
    folder = tmp_path_factory.mktemp("hcl") / "terraform"
    shutil.copytree(TERRAFORM, folder, ignore=shutil.ignore_patterns(".terraform*", "*.zip", "*.tfstate*"))
    return folder
