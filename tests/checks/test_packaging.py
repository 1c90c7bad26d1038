"""What a package index shows: metadata, licence, and a README whose links lead somewhere."""

import importlib.util
import json
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
REPOSITORY = "https://git.example/owner/repository"
_spec = importlib.util.spec_from_file_location("hatch_build", ROOT / "hatch_build.py")
assert _spec is not None
assert _spec.loader is not None
hatch_build = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(hatch_build)


def metadata(repository: str) -> dict[str, Any]:
    """What a build writes into the package, as the build back end makes it."""
    environ = {**os.environ, hatch_build.REPOSITORY: repository}
    argv = [sys.executable, "-m", "hatchling", "metadata"]
    answer: dict[str, Any] = json.loads(subprocess.check_output(argv, cwd=ROOT, env=environ))
    return answer


def test_the_package_says_what_it_is():
    found = metadata("")
    assert found["license"] == "MIT"
    assert (ROOT / "LICENSE").read_text(encoding="utf-8").startswith("MIT License\n")
    pythons = {line.rpartition(" ")[2] for line in found["classifiers"] if "Python :: 3." in line}
    assert pythons == {"3.11", "3.12", "3.13", "3.14"}


@pytest.mark.parametrize("repository", ["", REPOSITORY], ids=["nowhere", "published"])
def test_its_readme_links_to_the_repository_or_nowhere(repository: str):
    found = metadata(repository)
    links = re.findall(r"\]\(([^)]+)\)", found["readme"]["text"])
    assert all(link.startswith("https://") for link in links)
    assert bool(links) == bool(found.get("urls")) == bool(repository)
    tag = f"{REPOSITORY}/blob/v{found['version']}"
    for link in (link for link in links if link.startswith(tag)):
        assert (ROOT / link.removeprefix(f"{tag}/").partition("#")[0]).exists(), link
    if repository:
        assert f"{tag}/docs/reference.md" in links
        assert f"{REPOSITORY}/raw/v{found['version']}/docs/pictures/session.svg" in links


@pytest.mark.parametrize("name", ["README.md", "CONTRIBUTING.md", "SECURITY.md"])
def test_every_link_of_the_first_pages_leads_to_a_file(name: str):
    links = re.findall(r"\]\((?![a-z]+:|#)([^)#]+)", (ROOT / name).read_text(encoding="utf-8"))
    assert links
    assert [link for link in links if not (ROOT / link).exists()] == []


def test_the_matrix_tests_what_the_classifiers_promise_on_both_architectures():
    text = (ROOT / ".github" / "workflows" / "test.yml").read_text(encoding="utf-8")
    classified = re.findall(r"Python :: (3\.\d+)", (ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    pythons = re.search(r"python: \[(.+)\]", text)
    assert pythons is not None
    assert re.findall(r"3\.\d+", pythons[1]) == classified
    assert "machine: [ubuntu-latest, ubuntu-24.04-arm]" in text


def test_a_release_is_published_without_a_token_and_with_attestations():
    text = (ROOT / ".github" / "workflows" / "release.yml").read_text(encoding="utf-8")
    publish = re.split(r"\n  (?=[a-z]+:\n)", text)[-2]
    assert publish.startswith("publish:")
    assert re.findall(r"    permissions:\n((?:      .+\n)+)", publish)[0].split("#")[0].strip() == "id-token: write"
    assert "attestations: true" in publish
    assert "secrets." not in text
    assert "password" not in text
    assert "--generate-notes" in text


def test_each_version_in_the_changelog_has_its_date_and_only_the_next_one_has_none():
    headings = re.findall(r"^## (.*)$", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), re.MULTILINE)
    first, *released = headings
    assert re.fullmatch(r"\d+\.\d+\.\d+ \((unreleased|\d{4}-\d{2}-\d{2})\)", first)
    assert [one for one in released if not re.fullmatch(r"\d+\.\d+\.\d+ \(\d{4}-\d{2}-\d{2}\)", one)] == []


def test_the_sandbox_installs_where_it_cannot_run():
    extra = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]["sandbox"]
    assert [one for one in extra if "==" in re.sub(r";.*", "", one)] == []
    assert [one for one in extra if one.startswith("awslambdaric") and "sys_platform == 'linux'" in one]
