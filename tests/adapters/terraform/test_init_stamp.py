"""`init` runs unless everything that it reads, and everything that it has left, is as a successful one left it."""

import json
import os
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from adapters.terraform.test_cli import cli, diagnostic, script
from adapters.terraform.test_cli import root as root  # noqa: PLC0414  a fixture
from adapters.terraform.test_cli_damaged_files import DAMAGE
from adapters.terraform.test_cli_engines import make_root, quiet
from hybridctl.adapters.terraform.cli import TerraformCli
from hybridctl.adapters.terraform.runs import Root
from hybridctl.domain.engine import PlanRequest
from hybridctl.errors import EngineFailed

MODULES = json.dumps({"Modules": [{"Key": "", "Dir": "."}, {"Key": "one", "Dir": "../../one"}]})
PACKAGE = "providers/registry.terraform.io/hashicorp/aws/6.0.0/linux_amd64/provider"


class Initialised:
    """A root with a module and a provider, whose scripted engine counts its inits."""

    def __init__(self, tmp_path: Path, root: Root) -> None:
        self.tmp_path, self.root = tmp_path, root
        self.module = tmp_path / "one"
        self.module.mkdir()
        (self.module / "main.tf").write_text("# one\n")
        (root.folder / "main.tf").write_text("# root\n")
        (root.folder / ".terraform.lock.hcl").write_text("# locks\n")
        self.tried = tmp_path / "tried"
        self.body = f"""case "$1" in init)
        echo x >> {self.tried}
        mkdir -p "$TF_DATA_DIR/modules" "$TF_DATA_DIR/{Path(PACKAGE).parent}"
        echo '{MODULES}' > "$TF_DATA_DIR/modules/modules.json"
        echo '{{"backend": {{}}}}' > "$TF_DATA_DIR/terraform.tfstate"
        [ -e "$TF_DATA_DIR/{PACKAGE}" ] || echo binary > "$TF_DATA_DIR/{PACKAGE}";;
        esac"""
        self.engine = cli(tmp_path, root, self.body)

    def init(self, root: Root | None = None) -> int:
        """Ask for an init; how many have run by then."""
        (TerraformCli(root) if root else cli(self.tmp_path, self.root, self.body)).init(quiet)
        return len(self.tried.read_text().splitlines())


@pytest.fixture
def initialised(tmp_path: Path, root: Root) -> Initialised:
    found = Initialised(tmp_path, root)
    assert found.init() == 1
    assert found.init() == 1, "the second one has nothing to do"
    return found


def append(path: Path) -> None:
    path.write_text(f"{path.read_text()} ")


CHANGES: dict[str, Callable[[Initialised], object]] = {
    "the root's HCL": lambda one: append(one.root.folder / "main.tf"),
    "a new file of HCL": lambda one: (one.root.folder / "more.tf").write_text(""),
    "a new file of JSON": lambda one: (one.root.folder / "more.tf.json").write_text("{}"),
    "a file of HCL less": lambda one: (one.root.folder / "main.tf").unlink(),
    "a module's HCL": lambda one: append(one.module / "main.tf"),
    "a module that is gone": lambda one: shutil.rmtree(one.module),
    "the lock file": lambda one: append(one.root.folder / ".terraform.lock.hcl"),
    "no lock file": lambda one: (one.root.folder / ".terraform.lock.hcl").unlink(),
    "no data folder": lambda one: shutil.rmtree(one.root.data),
    "no backend": lambda one: (one.root.data / "terraform.tfstate").unlink(),
    "no list of modules": lambda one: (one.root.data / "modules" / "modules.json").unlink(),
    "another provider package": lambda one: append(one.root.data / PACKAGE),
    "a provider package of another time": lambda one: os.utime(one.root.data / PACKAGE, (1, 1)),
    "no provider package": lambda one: (one.root.data / PACKAGE).unlink(),
    "no stamp": lambda one: (one.root.data.parent / "data.init").unlink(),
    "a stamp of something else": lambda one: (one.root.data.parent / "data.init").write_text("0" * 64),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_init_runs_again_once_anything_it_reads_or_leaves_has_changed(initialised, change):
    change(initialised)
    if not initialised.module.exists():  # the engine would refuse; this one does not look
        initialised.init()
        assert initialised.init() == 3, "what cannot be read is never known to be unchanged"
        return
    assert initialised.init() == 2
    assert initialised.init() == 2


@pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE)
@pytest.mark.parametrize("name", ["data/terraform.tfstate", "data/modules/modules.json", "data.init"])
def test_init_runs_again_once_what_it_left_is_damaged(initialised, name, damage):
    path = initialised.tmp_path / name
    damage(path)
    tried = len(initialised.tried.read_text().splitlines())
    if name != "data.init" and (path.is_dir() or path.is_symlink()):
        shutil.rmtree(path, ignore_errors=True)
        path.unlink(missing_ok=True)  # the scripted engine is not as robust as the real one
    assert initialised.init() == tried + 1


@pytest.mark.parametrize(
    "other",
    [
        lambda root: replace(root, backend={"bucket": "c"}),
        lambda root: replace(root, environ={**root.environ, "TF_PLUGIN_CACHE_DIR": "/elsewhere"}),
        lambda root: replace(root, environ={**root.environ, "HOME": "/elsewhere"}),
        lambda root: replace(root, reattach='{"registry.terraform.io/hashicorp/aws": {}}'),
    ],
    ids=["backend", "plugin cache", "home", "a provider that runs already"],
)
def test_init_runs_again_for_other_settings(initialised, other):
    assert initialised.init(other(initialised.root)) == 2


def test_a_provider_that_listens_elsewhere_is_no_reason_for_an_init(initialised):
    attached = [f'{{"registry.terraform.io/hashicorp/aws": {{"Pid": {pid}}}}}' for pid in (1, 2)]
    assert [initialised.init(replace(initialised.root, reattach=one)) for one in attached] == [2, 2]


def test_the_settings_of_the_engine_are_read_too(initialised):
    settings = initialised.tmp_path / "terraformrc"
    settings.write_text("")
    root = replace(initialised.root, environ={**initialised.root.environ, "TF_CLI_CONFIG_FILE": str(settings)})
    assert [initialised.init(root), initialised.init(root)] == [2, 2]
    settings.write_text("provider_installation {}")
    assert initialised.init(root) == 3


def test_another_version_of_the_engine_initialises_again(initialised):
    path = initialised.tmp_path / "terraform"
    script(path, path.read_text().replace("1.11.4", "1.12.0"))
    assert initialised.init(initialised.root) == 2


def test_a_run_that_fails_has_the_next_one_initialise(initialised):
    message = diagnostic("Required plugins are not installed", "run: terraform init")
    failing = cli(
        initialised.tmp_path,
        initialised.root,
        f"{initialised.body}\n[ \"$1\" = init ] || {{ echo '{message}'; exit 1; }}",
    )
    failing.init(quiet)
    with pytest.raises(EngineFailed, match="not installed"):
        failing.plan(PlanRequest(), quiet)
    assert initialised.init() == 2


def test_an_init_that_fails_leaves_no_stamp(initialised):
    append(initialised.root.folder / "main.tf")
    failing = cli(initialised.tmp_path, initialised.root, "exit 1")
    with pytest.raises(EngineFailed):
        failing.init(quiet)
    assert initialised.init() == 2


def test_the_real_engine_plans_after_an_init_that_was_left_out(tmp_path):
    found = make_root(tmp_path, "bundled")
    (found.folder / "backend.tf").write_text('terraform {\n  backend "local" {}\n}\n')
    engine = TerraformCli(found)
    engine.init(quiet)
    written = (found.data / "terraform.tfstate").stat().st_mtime_ns
    engine.init(quiet)
    assert (found.data / "terraform.tfstate").stat().st_mtime_ns == written
    assert engine.plan(PlanRequest(), quiet).changes.summary.endswith("to add")
