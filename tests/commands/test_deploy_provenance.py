"""What a release says of where it comes from."""

import json
from dataclasses import replace

from fakes import FakeArtifacts, FakeBackend, FakeCheckout, FakePrerequisites
from fakes.backend import NEW_CODE
from fakes.functions import FakeHandler
from hybridctl.domain.package import Package

DOUBT = "git does not trust this checkout"


def test_an_unknown_commit_is_reported_and_recorded(hybridctl):
    backend = FakeBackend.deployed(1)
    backend.terraform.planned, backend.terraform.publishes = NEW_CODE, FakeHandler(2)
    checkout = FakeCheckout(git_doubt=DOUBT)
    ran = hybridctl("--output", "json", "deploy", "local", backend=backend, checkout=checkout)
    assert json.loads(ran.out)["release"]["source"]["doubt"] == DOUBT
    assert f"note: the record cannot show whether this is the commit's code: {DOUBT}" in ran.err
    assert "01234567?" in hybridctl("releases", "local", backend=backend, checkout=checkout).out


def test_doctor_warns_of_it(hybridctl):
    ran = hybridctl("doctor", "local", prerequisites=FakePrerequisites(doubt=DOUBT), width=200)
    assert f"releases cannot record their commit: {DOUBT}" in ran.out


class MachineCode(FakeArtifacts):
    def build(self) -> Package:
        return replace(super().build(), machine_code=("orjson/orjson.so",))


def with_machine_code() -> FakeBackend:
    """A deploy of a package with machine code, whose new version fails its proof."""
    backend = FakeBackend.deployed(1)
    backend.artifacts = MachineCode()
    backend.terraform.planned, backend.terraform.publishes = NEW_CODE, FakeHandler(2, broken={"GET /health"})
    return backend


def test_machine_code_that_this_machine_cannot_run_is_not_blamed_on_the_code(hybridctl):
    backend = with_machine_code()
    able = FakePrerequisites(unable="this machine is x86_64", no_wheel="orjson==3.10.18 has no wheel")
    ran = hybridctl("deploy", "local", backend=backend, prerequisites=able, width=300)
    assert ran.code == 5
    message = "machine code for python3.13, arm64 (orjson/orjson.so), and this machine is x86_64"
    assert ran.err.count(message) == 2  # before it is tried, and as the hint
    assert ran.err.count("AWS can load it, the sandbox cannot (orjson==3.10.18 has no wheel)") == 2
    assert "fix the code" not in ran.err
    backend.terraform.publishes = FakeHandler(3, broken={"GET /health"})
    assert "fix the code" in hybridctl("deploy", "local", backend=backend, width=300).err


def test_machine_code_that_was_resolved_again_is_no_excuse(hybridctl):
    backend = with_machine_code()
    able = FakePrerequisites(unable="this machine is x86_64")
    ran = hybridctl("deploy", "local", backend=backend, prerequisites=able, width=300)
    assert "this machine is x86_64: the sandbox runs its own copy of orjson==3.10.18" in ran.err
    assert "fix the code" in ran.err


def test_a_package_of_other_source_is_not_recorded_as_this_commit(hybridctl, tmp_path):
    from dataclasses import dataclass, replace
    from pathlib import Path

    from fakes.backend import FakeArtifacts
    from hybridctl.domain.package import Package

    @dataclass
    class Other(FakeArtifacts):
        def take(self, path: Path) -> Package:
            return replace(super().take(path), doubt="the package was not built from this checkout's source")

    (tmp_path / "built.zip").write_bytes(b"zip")
    backend = FakeBackend.deployed(1)
    backend.artifacts = Other()
    backend.terraform.planned, backend.terraform.publishes = NEW_CODE, FakeHandler(2)
    ran = hybridctl("deploy", "local", "--package", str(tmp_path / "built.zip"), backend=backend, width=200)
    assert ran.code == 0
    assert "note: the package was not built from this checkout's source" in ran.err
    (record,) = backend.journal.releases()
    assert record.source.mark == "?"
