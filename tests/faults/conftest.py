from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from e2e import conftest as e2e
from e2e.conftest import copy_deployed, fresh_clone
from faults.rig import FaultRecorder, Rig, rig_on

template = e2e.template


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
    try:
        with rig_on(clone, folder) as made:
            yield made
    finally:
        clone.run("sandbox", "stop")
