"""What the checkout keeps beside the HCL."""

import json
from pathlib import Path

import pytest

from hybridctl.adapters.checkout import GitCheckout
from hybridctl.domain.outputs import Outputs
from hybridctl.errors import ConfigurationInvalid, NotFound


@pytest.fixture
def checkout(tmp_path: Path) -> GitCheckout:
    return GitCheckout(tmp_path, tmp_path / ".hybridctl", tmp_path / "terraform" / "environments", {})


def test_git_is_asked_once_who_releases(tmp_path: Path):
    git, asked = tmp_path / "bin" / "git", tmp_path / "asked"
    git.parent.mkdir()
    git.write_text(f"#!/bin/sh\necho \"$@\" >> '{asked}'\necho ada@example.com\n")
    git.chmod(0o755)
    checkout = GitCheckout(tmp_path, tmp_path, tmp_path, {"PATH": f"{git.parent}:/usr/bin:/bin"})
    assert [checkout.actor(), checkout.actor()] == ["ada@example.com", "ada@example.com"]
    assert asked.read_text().count("user.email") == 1


def test_saved_values_are_added_to_those_that_are_there(tmp_path: Path, checkout: GitCheckout):
    checkout.save_variables("local", {"b": "640", "a": "text", "list": '["x"]', "on": "true"})
    place = checkout.save_variables("local", {"b": "768"})
    assert place == Path("terraform/environments/local/saved.auto.tfvars.json")
    found = json.loads((tmp_path / place).read_text())
    assert found == {"a": "text", "b": 768, "list": ["x"], "on": True}
    assert list(found) == sorted(found)


def test_a_broken_file_is_named_and_left_as_it_is(tmp_path: Path, checkout: GitCheckout):
    place = tmp_path / checkout.save_variables("local", {"a": "1"})
    place.write_text("{")
    with pytest.raises(ConfigurationInvalid, match=r"saved\.auto\.tfvars\.json: line 1 is not valid JSON"):
        checkout.save_variables("local", {"a": "2"})
    assert place.read_text() == "{"


def test_what_is_kept_in_hybridctls_own_folder_is_for_its_user_alone(tmp_path: Path, checkout: GitCheckout):
    checkout.remember_environment("local")
    checkout.remember_releases("local", ["20260301T120000-1"])
    checkout.keep_outputs("local", Outputs({"api_id": "a"}))
    written = [path for path in (tmp_path / ".hybridctl").rglob("*") if path.is_file()]
    assert len(written) == 3
    assert {path.stat().st_mode & 0o777 for path in written} == {0o600}


def test_a_checkout_that_cannot_be_written_only_remembers_nothing(tmp_path: Path, checkout: GitCheckout):
    (tmp_path / ".hybridctl").write_text("not a folder")
    checkout.remember_environment("local")
    checkout.remember_releases("local", ["20260301T120000-1"])
    checkout.keep_outputs("local", Outputs({"api_id": "a"}))
    assert checkout.list_releases("local") == []


def test_the_values_of_an_environment_are_its_tfvars_and_what_was_saved(tmp_path):
    root = tmp_path / "staging"
    root.mkdir()
    (root / "terraform.tfvars").write_text(
        "# a comment\nlambda_memory_size = 512 # MB\n"
        'cors_origins           = ["http://localhost:3000"]\nenvironment = "staging"\nodd = upper("x")\n'
    )
    checkout = GitCheckout(tmp_path, tmp_path, tmp_path, {})
    assert checkout.values("staging") == {
        "lambda_memory_size": 512,
        "cors_origins": ["http://localhost:3000"],
        "environment": "staging",
    }
    checkout.save_variables("staging", {"lambda_memory_size": "1024"})
    assert checkout.values("staging")["lambda_memory_size"] == 1024
    with pytest.raises(NotFound):
        checkout.values("production")
