"""Three roots that differ in values only, and an interface that hybridctl can rely on."""

import re
from pathlib import Path

import pytest

ENVIRONMENTS = ("local", "staging", "production")
OWN = {".terraform.lock.hcl", "backend.tf", "terraform.tf", "terraform.tfvars"}

# The same everywhere, or known only at the moment of a plan.
NEVER_IN_TFVARS = {"project", "lambda_package", "dynamodb_scaled_capacity"}

# Every environment declares these outputs and no others.
OUTPUTS = frozenset(
    {
        "account_id",
        "alarm_names",
        "alarm_topic_arn",
        "api_access_log_group",
        "api_endpoint",
        "api_id",
        "api_stage",
        "composite_alarm_name",
        "dashboard_name",
        "dynamodb_agents_table",
        "dynamodb_jobs_table",
        "dynamodb_sessions_table",
        "lambda_alias_name",
        "lambda_code_sha256",
        "lambda_function_name",
        "lambda_function_version",
        "lambda_log_group",
        "region",
        "token_verification",
    }
)


def _find_declared(kind: str, folder: Path) -> set[str]:
    text = "\n".join(path.read_text(encoding="utf-8") for path in sorted(folder.glob("*.tf")))
    return set(re.findall(rf'^{kind} "(\w+)"', text, flags=re.MULTILINE))


def _values(path: Path) -> dict[str, str]:
    return dict(re.findall(r"^(\w+)\s*=\s*(.+)$", path.read_text(encoding="utf-8"), flags=re.MULTILINE))


@pytest.fixture
def roots(hcl: Path) -> dict[str, Path]:
    return {name: hcl / "environments" / name for name in ENVIRONMENTS}


def test_there_are_three_roots_and_no_fourth(hcl: Path) -> None:
    folders = {folder.name for folder in (hcl / "environments").iterdir() if folder.is_dir()}
    assert folders - {"shared"} == set(ENVIRONMENTS)


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_a_root_declares_nothing_but_what_is_its_own(roots: dict[str, Path], environment: str) -> None:
    """Everything else is a link to the one file for all roots, so that a variable is declared in one place."""
    folder = roots[environment]
    own = {path.name for path in folder.iterdir() if path.is_file() and not path.is_symlink()}
    assert {name for name in own if not name.endswith(".auto.tfvars.json")} == OWN
    shared = folder.parent / "shared"
    linked = {path: path.resolve() for path in folder.rglob("*.*") if path.is_symlink()}
    assert linked == {folder / path.relative_to(shared): path for path in shared.rglob("*.*")}


def test_the_roots_differ_by_nothing_but_the_state_key(roots: dict[str, Path]) -> None:
    texts = {
        (folder / file).read_text(encoding="utf-8").replace(f"hybrid-ci-cd-{name}/", "hybrid-ci-cd-*/")
        for name, folder in roots.items()
        for file in ("backend.tf", "terraform.tf")
    }
    assert len(texts) == 2


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_each_root_keeps_a_state_of_its_own_locked_and_encrypted(roots: dict[str, Path], environment: str) -> None:
    backend = (roots[environment] / "backend.tf").read_text(encoding="utf-8")
    assert re.search(rf'^    key\s+= "hybrid-ci-cd-{environment}/terraform.tfstate"$', backend, re.MULTILINE)
    assert re.search(r"^    use_lockfile = true$", backend, re.MULTILINE)
    assert re.search(r"^    encrypt\s+= true$", backend, re.MULTILINE)
    assert not re.search(r"^\s*(bucket|region|endpoints?)\s*=", backend, re.MULTILINE)


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_each_tfvars_names_every_variable_that_differs(roots: dict[str, Path], environment: str) -> None:
    folder = roots[environment]
    assert set(_values(folder / "terraform.tfvars")) == _find_declared("variable", folder) - NEVER_IN_TFVARS


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_each_tfvars_is_of_its_environment(roots: dict[str, Path], environment: str) -> None:
    assert _values(roots[environment] / "terraform.tfvars")["environment"] == f'"{environment}"'


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_the_outputs_are_the_ones_hybridctl_reads(roots: dict[str, Path], environment: str) -> None:
    assert _find_declared("output", roots[environment]) == OUTPUTS


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_no_root_knows_an_endpoint_an_account_or_a_region(roots: dict[str, Path], environment: str) -> None:
    for path in sorted(roots[environment].glob("*.tf*")):
        code = re.sub(r"#.*", "", path.read_text(encoding="utf-8"))
        assert not re.search(r"endpoints?\s*[={]|127\.0\.0\.1|\b\d{12}\b|\bus-east-1\b", code), path.name
