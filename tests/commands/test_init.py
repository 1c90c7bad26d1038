"""`hybridctl init`: what it writes, asks, and leaves alone."""

import json
import os
import re
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest

from hybridctl.adapters.templates import PackagedTemplates
from hybridctl.domain.scaffold import TemplateName
from hybridctl.settings_file import load_settings

RUNTIME = ("--runtime", "python3.12")


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    folder = tmp_path / "work"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder


def files(folder):
    return {str(path.relative_to(folder)): path.read_text() for path in folder.rglob("*") if path.is_file()}


def test_it_lists_what_it_wrote_and_says_what_to_type(hybridctl, golden, here):
    golden("init.txt", hybridctl("init", "shop", *RUNTIME).transcript)
    assert files(here / "shop").keys() == PackagedTemplates().read(TemplateName.HTTP).keys()


def test_a_program_gets_each_file_and_the_next_steps(hybridctl, here):
    answer = json.loads(hybridctl("--output", "json", "init", "shop").out)
    assert answer["files"].keys() == files(here / "shop").keys()
    assert (answer["project"], answer["template"], answer["folder"]) == ("shop", "http", str(here / "shop"))
    assert answer["steps"] == ["cd shop", "hybridctl deploy local"]


@pytest.mark.parametrize("template", TemplateName)
def test_the_name_the_region_and_the_runtime_are_everywhere_the_projects_own(hybridctl, here, template):
    argv = ("--template", template, "--region", "eu-west-1", *RUNTIME)
    assert hybridctl("init", "shop", *argv).code == 0
    settings = load_settings(here / "shop", {})
    assert (settings.project, settings.region, settings.runtime) == ("shop", "eu-west-1", "python3.12")
    text = "\n".join(files(here / "shop").values())
    assert not re.search(r"hybrid-ci-cd|new-backend|python3\.13|python-version: \"3\.13\"", text)


def run_tool(argv, folder):
    """Run a tool of the project's own; pytest without the plugins that our tests have and the project does not."""
    environ = {**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    command = [sys.executable, "-m", *argv]
    return subprocess.run(command, cwd=folder, env=environ, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("template", TemplateName)
def test_the_projects_own_tests_and_linters_pass(hybridctl, here, template):
    hybridctl("init", "a-project-with-a-rather-long-nam", "--template", template)
    for argv in (["pytest", "-q", "-p", "no:cacheprovider"], ["ruff", "check"], ["ruff", "format", "--check"]):
        ran = run_tool(argv, next(here.iterdir()))
        assert ran.returncode == 0, ran.stdout + ran.stderr


@pytest.mark.parametrize("template", TemplateName)
def test_the_workflow_is_sound(hybridctl, here, template):
    hybridctl("init", "shop", "--template", template)
    argv = [str(Path(sys.executable).parent / "zizmor"), "--offline", "--quiet", "--no-progress", "shop/.github"]
    ran = subprocess.run(argv, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stdout + ran.stderr


def test_what_a_person_keeps_of_http_is_under_150_lines():
    texts = PackagedTemplates().read(TemplateName.HTTP)
    kept = "".join(texts[name] for name in ("hybridctl.toml", "app/main.py", "infra/backend/main.tf"))
    assert len([line for line in kept.splitlines() if line.strip()]) < 150


def test_sessions_is_this_projects_own_backend():
    texts = PackagedTemplates().read(TemplateName.SESSIONS)
    root = Path(__file__).resolve().parents[2]
    listed = subprocess.run(
        ["git", "ls-files", "lambda_src", "terraform"], cwd=root, capture_output=True, text=True, check=True
    ).stdout.split()
    assert {name for name in texts if name.startswith(("lambda_src/", "terraform/"))} == set(listed)


def test_a_run_that_was_cut_off_is_repeated(hybridctl, here):
    hybridctl("init", "shop")
    (here / "shop" / "app" / "main.py").unlink()
    answer = json.loads(hybridctl("--output", "json", "init", "shop").out)
    assert [name for name, state in answer["files"].items() if state == "written"] == ["app/main.py"]


def test_nothing_is_written_beside_a_file_that_would_have_to_change(hybridctl, here):
    (here / "app").mkdir()
    (here / "app" / "main.py").write_text("mine\n")
    (here / "tests").write_text("not a folder\n")
    before = files(here)
    ran = hybridctl("init", "--yes")
    assert (ran.code, files(here)) == (4, before)
    assert "app/main.py, tests/test_main.py" in ran.err
    assert "hybridctl init NAME" in ran.err


def test_it_works_beside_existing_code(hybridctl, here):
    for name in ("README.md", ".gitignore", "pyproject.toml"):
        (here / name).write_text("mine\n")
    answer = json.loads(hybridctl("--output", "json", "init", "--yes").out)
    assert {name for name, state in answer["files"].items() if state == "kept"} == {"README.md", ".gitignore"}
    assert (here / "README.md").read_text() == (here / "pyproject.toml").read_text() == "mine\n"
    assert answer["project"] == "work"


def test_a_link_that_leads_nowhere_is_in_the_way(hybridctl, here):
    (here / "hybridctl.toml").symlink_to("nowhere")
    assert hybridctl("init", "--yes").code == 4


def test_a_folder_that_is_a_link_to_nowhere_is_in_the_way(hybridctl, here):
    (here / "app").symlink_to("nowhere")
    ran = hybridctl("init", "--yes")
    assert (ran.code, files(here)) == (4, {})
    assert "already has app/main.py" in ran.err


def test_ci_installs_the_hybridctl_that_made_the_project(hybridctl, here):
    hybridctl("init", "shop")
    pinned = f"hybridctl=={version('hybridctl')}\n"
    assert (here / "shop/.github/workflows/deploy.yml").read_text().count(f"pip install {pinned}") == 2
    assert pinned.replace("=", "[sandbox]=", 1) in (here / "shop/requirements-dev.txt").read_text()


def test_a_terminal_that_goes_away_writes_nothing(hybridctl, here):
    def go_away():
        raise EOFError

    ran = hybridctl("init", answer=go_away)
    assert (ran.code, files(here)) == (6, {})


def test_a_dry_run_of_a_large_template_lists_each_file_too(hybridctl):
    ran = hybridctl("init", "door", "--template", "sessions", "--dry-run")
    assert re.search(r"lambda_src/backend/entry\.py +would be written", ran.out)
    assert re.search(r"lambda_src/ +\d+ files", hybridctl("init", "door", "--template", "sessions").out)


def test_a_dry_run_writes_nothing(hybridctl, here):
    ran = hybridctl("init", "shop", "--dry-run")
    assert (ran.code, files(here)) == (0, {})
    assert "app/main.py                             would be written" in ran.out


def test_it_asks_at_a_terminal_for_what_was_not_given(hybridctl, here):
    answers = iter(["shop", "http", "eu-north-1"])
    assert hybridctl("init", answer=lambda: next(answers)).code == 0
    settings = load_settings(here, {})
    assert (settings.project, settings.region) == ("shop", "eu-north-1")


def test_an_empty_answer_takes_what_is_offered(hybridctl, here):
    assert hybridctl("init", answer="").code == 0
    assert load_settings(here, {}).project == "work"


@pytest.mark.parametrize(
    ("argv", "expected"),
    [
        (["Shop_1"], "for example shop"),
        (["../shop"], "is a path"),
        (["s"], "is not a valid project name"),
        (["shop", "--region", "mars"], "'mars' is not an AWS region"),
        (["shop", "--runtime", "python2.7"], "'python2.7' is not a Python runtime"),
        (["shop", "--template", "https"], "Invalid value for '--template'"),
    ],
)
def test_an_impossible_answer_is_refused_with_what_can(hybridctl, here, argv, expected):
    ran = hybridctl("init", *argv)
    assert (ran.code, files(here)) == (2, {})
    assert expected in ran.err


def test_a_folder_that_cannot_be_written_is_named(hybridctl, here):
    (here / "shop").write_text("a file")
    ran = hybridctl("init", "shop")
    assert ran.code == 4
    assert "shop already has" in ran.err


def test_what_the_environments_share_is_written_once_and_linked(hybridctl, here):
    assert hybridctl("init", "shop", "--template", "sessions").code == 0
    environments = here / "shop" / "terraform" / "environments"
    for name in ("local", "staging", "production"):
        main = environments / name / "main.tf"
        assert main.is_symlink()
        assert main.resolve() == environments / "shared" / "main.tf"
    again = hybridctl("init", "shop", "--template", "sessions")
    assert again.code == 0, again.err


def test_a_link_that_leads_elsewhere_is_in_the_way(hybridctl, here):
    link = here / "shop" / "terraform" / "environments" / "local" / "main.tf"
    link.parent.mkdir(parents=True)
    link.symlink_to("../staging/main.tf")
    refused = hybridctl("init", "shop", "--template", "sessions")
    assert refused.code == 4, refused.err
    assert "terraform/environments/local/main.tf" in refused.err
    assert not (here / "shop" / "hybridctl.toml").exists()
