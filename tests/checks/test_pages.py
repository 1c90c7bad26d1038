"""Every command has a page with an example that can be typed, and none costs the others their start-up."""

import pkgutil
import re
import subprocess
import sys

import pytest
from typed import commands_of, wrong_with
from typer import Context

import hybridctl.commands
from hybridctl.commands.page import help_rows, read_help
from hybridctl.commands.tree import SUMMARIES, leaves
from json_shapes import path_of

COMMANDS = dict(leaves())


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_says_what_it_does_and_shows_a_line_to_type(name):
    text = read_help(COMMANDS[name].help)
    assert text.summary.endswith(".")
    assert text.examples
    for example in text.examples:
        assert name.removesuffix(" list").removesuffix(" search") in example
        assert [wrong_with(line) for line in commands_of(example)] == [None]


@pytest.mark.parametrize("name", COMMANDS)
def test_every_option_and_argument_is_explained(name):
    shown = [one for one in COMMANDS[name].params if not one.hidden]
    assert [one.name for one in shown if not one.help] == []


@pytest.mark.parametrize("name", COMMANDS)
def test_a_help_page_shows_no_python_type_and_no_range_of_the_parser(name):
    command = COMMANDS[name]
    rows = [row for one in command.params if not one.hidden for row in help_rows(one, Context(command))]
    assert [row for row in rows if re.search(r"<[a-z]+\[|\bx[<>]=?|=x\b|\[required\]", " ".join(row))] == []


@pytest.mark.parametrize(
    ("name", "option", "shown"),
    [
        ("metrics", "--plot TEXT", "repeatable."),
        ("metrics", "-w, --watch", "Refresh until Ctrl-C."),
        ("metrics", "--interval N", "[default: 30; minimum 5]"),
        ("cost", "--days N", "[default: 7; 1 to 60]"),
        ("deploy", "--provider <sandbox|hashicorp>", "[default: sandbox]"),
    ],
)
def test_values_choices_and_defaults_are_shown_in_words(name, option, shown):
    command = COMMANDS[name]
    rows = dict(row for one in command.params for row in help_rows(one, Context(command)))
    assert " ".join(rows[option].split()).endswith(shown)


def test_the_lines_of_the_list_fit_a_narrow_terminal():
    assert [line for line in SUMMARIES.values() if len(line) > 60 or line.endswith(".")] == []


def test_hybridctl_alone_shows_the_common_commands(capsys, hybridctl):
    ran = hybridctl()
    assert ran.code == 0
    assert "Common commands:" in ran.out
    assert "destroy" not in ran.out


def test_help_lists_every_command_and_every_exit_code(capsys, hybridctl):
    ran = hybridctl("--help")
    page = capsys.readouterr().out
    assert ran.code == 0
    for name in SUMMARIES:
        assert f"\n  {name} " in page
    assert "130  interrupted" in page


def test_a_group_alone_shows_its_page(capsys, hybridctl):
    assert hybridctl("sandbox").code == 0
    assert "reset " in capsys.readouterr().out


@pytest.mark.parametrize("argv", [["--help"], ["rollback", "--help"], ["logs", "--help"]])
def test_help_imports_nothing_that_takes_long(argv):
    """What makes start-up slow, named: boto3, urllib3, pydantic, rich."""
    line = f"""
import sys
from hybridctl.entrypoint import run
from hybridctl.wiring import real_context
code = run({argv!r}, real_context())
slow = {{'boto3', 'botocore', 'urllib3', 'pydantic', 'rich', 'importlib.metadata'}} & set(sys.modules)
sys.exit(code or ' '.join(sorted(slow)) or 0)
"""
    ran = subprocess.run([sys.executable, "-c", line], capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr


def test_help_of_one_command_imports_no_other_command():
    line = "import sys; from hybridctl.commands.tree import load; load('rollback'); print(*sys.modules)"
    ran = subprocess.run([sys.executable, "-c", line], capture_output=True, text=True, check=True)
    assert "hybridctl.commands.rollback" in ran.stdout
    assert "hybridctl.commands.deploy" not in ran.stdout
    assert "hybridctl.adapters" not in ran.stdout


@pytest.mark.parametrize(
    ("module", "unneeded"),
    [
        ("commands.logs", "operations.live_tail"),
        ("commands.logs", "operations.log_follow"),
        ("commands.logs", "operations.log_query"),
        ("commands.logs", "domain.logs.query"),
        ("settings_file", "domain.smoke"),
        ("settings_file", "domain.api_event"),
        ("settings_file", "domain.agreement"),
        ("adapters.aws.state", "domain.reviewed_plan"),
        ("adapters.aws.state", "domain.state_lock"),
        ("adapters.aws.state", "domain.tfstate"),
        ("adapters.sandbox", "domain.rehearsal"),
        ("views.status", "operations.shift"),
        ("commands.deploy", "domain.cost"),
        ("commands.deploy", "domain.alarms"),
        ("commands.deploy", "domain.reviewed_plan"),
        ("commands.deploy", "domain.watch"),
        ("commands.deploy", "operations.carry_out"),
        ("commands.deploy", "operations.shift"),
        ("views.deploy", "domain.watch"),
        ("views.progress", "domain.engine"),
        ("adapters.terraform.cli", "domain.reviewed_plan"),
        ("wiring.backend", "ports.terraform"),
        ("adapters.terraform.cli", "domain.existing"),
    ],
)
def test_what_only_some_runs_need_is_imported_by_those(module, unneeded):
    line = f"import sys; import hybridctl.{module}; print(*sys.modules)"
    ran = subprocess.run([sys.executable, "-c", line], capture_output=True, text=True, check=True)
    assert f"hybridctl.{module}" in ran.stdout.split()
    assert f"hybridctl.{unneeded}" not in ran.stdout.split()


@pytest.mark.parametrize("name", ["error", "events", *COMMANDS])
def test_every_command_has_a_schema_of_its_json(name):
    assert path_of(name).exists(), "no test sees its answer: write one, then pytest --update-schemas"


@pytest.mark.parametrize(
    ("argv", "expected", "hint"),
    [
        (["rollback", "--version", "abc"], "Invalid value for '--version': it must be a whole number", "rollback"),
        (["logs", "--limit", "0"], "Invalid value for '--limit' / '-n': it must be at least 1", "logs search"),
        (["--output", "yaml", "status"], "Invalid value for '--output': 'yaml' is not one of 'text', 'json'", ""),
        (["releases", "diff", "1"], "Missing argument 'B'", "releases diff"),
        (["satus"], "No such command 'satus'. Did you mean 'status', 'state'?", ""),
    ],
)
def test_a_line_that_cannot_be_read_is_answered_in_plain_words(hybridctl, argv, expected, hint):
    ran = hybridctl(*argv)
    assert (ran.code, ran.out) == (2, "")
    assert ran.err == f"error: {expected}\nhint: {f'hybridctl {hint}'.strip()} --help\n"


def test_every_command_file_is_in_the_tree():
    """A file that names no command is one that commands share."""
    shared = {"coercion", "completion", "groups", "log_query", "options", "page", "release_order", "root", "tree"}
    shared |= {"usage_errors", "variables", "vocabulary"}
    files = {name for _, name, _ in pkgutil.iter_modules(hybridctl.commands.__path__)}
    assert files - shared == set(SUMMARIES)
