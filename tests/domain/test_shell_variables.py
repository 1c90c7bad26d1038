"""TF_VAR_ variables of the shell: kept from Terraform and named, unless hybridctl.toml lets them in."""

import pytest

from fakes import FakeBackend

EVIL = {"TF_VAR_lambda_package": "/other.zip", "TF_VAR_project": "evil", "TF_VAR_db_password": "hunter2"}


@pytest.mark.parametrize("line", [["plan", "local"], ["deploy", "local", "--yes"], ["deploy", "local", "--dry-run"]])
def test_what_is_left_out_is_named_without_its_value(hybridctl, line):
    ran = hybridctl(*line, backend=FakeBackend.deployed(1), environ=EVIL, width=200)
    assert ran.code == 0, ran.err
    assert "note: ignoring TF_VAR_db_password, TF_VAR_lambda_package, TF_VAR_project from the shell" in ran.err
    assert "hunter2" not in ran.err + ran.out


def test_what_is_allowed_is_named_too(hybridctl, project):
    toml = project / "hybridctl.toml"
    toml.write_text(f'{toml.read_text()}\n[terraform]\nshell_variables = ["db_password"]\n')
    ran = hybridctl("plan", "local", backend=FakeBackend.deployed(1), environ=EVIL, width=200)
    assert "note: ignoring TF_VAR_lambda_package, TF_VAR_project from the shell" in ran.err
    assert "note: Terraform takes db_password from the shell (TF_VAR_)" in ran.err
    assert "hunter2" not in ran.err + ran.out


def test_without_any_there_is_no_note(hybridctl):
    assert "TF_VAR_" not in hybridctl("plan", "local", backend=FakeBackend.deployed(1)).err
