import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from e2e.conftest import Clone, copy_deployed, deploy_once, fresh_clone
from faults.rig import FaultRecorder, Rig, rig_on

LOCAL = "terraform/environments/local"
ALARMS = re.compile(r'^module "observability" \{.*?^\}\n', re.MULTILINE | re.DOTALL)


def leave_out_alarms(clone: Clone) -> None:
    """Take alarms and dashboard out of the root: no release reads them, and they are half of each plan's calls."""
    clone.edit(f"{LOCAL}/main.tf", lambda text: ALARMS.sub("", text))
    clone.edit(f"{LOCAL}/outputs.tf", lambda text: re.sub(r"module\.observability\.\w+", "null", text))


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A deployed checkout without alarms."""
    return deploy_once(tmp_path_factory, "without-alarms", leave_out_alarms)


@pytest.fixture
def record_fault(record_property: Callable[[str, object], None]) -> FaultRecorder:
    """A line of the table at the end of the run; see `pytest_terminal_summary`."""

    def tell(fault: str, code: int, then: str) -> None:
        record_property("fault", f"{fault:<42}{code:>5}   {then}")

    return tell


@pytest.fixture(scope="module")
def rig(tmp_path_factory: pytest.TempPathFactory, template: Path) -> Iterator[Rig]:
    """One deployed environment for all faults of a module: each must leave it fit for the next."""
    folder = tmp_path_factory.mktemp("faults")
    clone = copy_deployed(template, fresh_clone(folder))
    leave_out_alarms(clone)
    try:
        with rig_on(clone, folder) as made:
            yield made
    finally:
        clone.run("sandbox", "stop")
