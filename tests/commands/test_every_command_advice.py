"""Advice fits the project: over an adopted one it names no variable, table or page that only this repository has."""

import ast
import re
from pathlib import Path

import pytest

from commands.test_every_command import COMMANDS
from fakes import FakeBackend, FakeCheckout
from fakes.environments import function_gone, in_trouble
from hybridctl.adapters.terraform.variables import read_declared_variables
from hybridctl.domain.outputs import REQUIRED

REPOSITORY = Path(__file__).resolve().parents[2]
SOURCE = REPOSITORY / "src" / "hybridctl"
OURS = read_declared_variables(REPOSITORY / "terraform" / "environments" / "local") or set()
NAMES = re.compile(rf"\b({'|'.join(sorted(name for name in OURS if '_' in name))})\b")
LACKING = re.compile(r"has no (?:Terraform )?(?:variable|output)s? [\w, ]*\w|no variable \w+(?: or \w+)*")
TOML = """\
project = "order-book"
default_environment = "local"
[smoke]
health = "/alive"
[[smoke.checks]]
name = "alive"
call = "GET /alive"
[environments.local]
sandbox = true
[environments.staging]
"""
STATES = {"in trouble": in_trouble, "function gone": function_gone, "never deployed": FakeBackend}

# They make no advice, or (cold-starts) read the thousands of lines of this fake for a minute.
LEFT_OUT = ("init", "build", "troubleshoot cold-starts")


def test_this_repository_has_variables_that_an_adopted_project_lacks():
    assert len(OURS) > 10
    assert NAMES.search("--var lambda_memory_size=256")


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("name", [name for name in COMMANDS if "sandbox" not in name and name not in LEFT_OUT])
def test_no_command_advises_what_an_adopted_project_lacks(hybridctl, project, monkeypatch, name, state):
    monkeypatch.chdir(project)
    (project / "hybridctl.toml").write_text(TOML)
    backend = STATES[state]()
    if backend.state.values is not None:
        backend.state.values = {key: value for key, value in backend.state.values.items() if key in REQUIRED}
    ran = hybridctl(
        *COMMANDS[name], backend=backend, checkout=FakeCheckout(variables=set(), declared_outputs={*REQUIRED})
    )
    text = LACKING.sub("", " ".join(f"{ran.out} {ran.err}".split()))
    assert NAMES.findall(text) == []
    assert re.findall(r"--var \S+", text) == []
    assert re.findall(r"\S*docs/\S+\.md", text) == []
    if "sessions" not in name:  # those fakes have their table whatever the outputs say
        assert re.findall(r"hybrid-ci-cd-(?:sessions|jobs|agents)\S*", text) == []


def messages_in(path: Path) -> list[str]:
    """The texts of a module that are no docstrings."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    documented = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    docs = {id(one.body[0].value) for one in ast.walk(tree) if isinstance(one, documented) and ast.get_docstring(one)}
    texts = [one for one in ast.walk(tree) if isinstance(one, ast.Constant) and isinstance(one.value, str)]
    return [one.value for one in texts if id(one) not in docs]


@pytest.mark.parametrize("path", sorted(SOURCE.rglob("*.py")), ids=lambda path: str(path.relative_to(SOURCE)))
def test_no_message_names_a_page_that_an_installed_hybridctl_lacks(path):
    if "templates" in path.parts:
        return
    assert [text for text in messages_in(path) if re.search(r"\bdocs/[\w-]+\.md", text)] == []
