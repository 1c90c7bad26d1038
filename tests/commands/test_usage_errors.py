"""Words of other tools, and words in another order, get the command that was meant."""

import pytest

from fakes import FakeBackend
from hybridctl.commands.tree import SUMMARIES, leaves, load
from hybridctl.commands.vocabulary import _OPTIONS, GROUP_WORDS, WORDS


@pytest.mark.parametrize(
    ("typed", "hint"),
    [
        ("tail", "did you mean 'hybridctl logs --follow'?"),
        ("remove", "did you mean 'hybridctl destroy'?"),
        ("versions", "did you mean 'hybridctl releases'?"),
        ("info", "did you mean 'hybridctl status'?"),
        ("local", "the command comes first: hybridctl status local"),
        ("staging status", "the command comes first: hybridctl status staging"),
        ("local deploy --yes", "the command comes first: hybridctl deploy local"),
        ("-e local status", "the command comes first: hybridctl status -e"),
        ("--env local status", "the command comes first: hybridctl status --env"),
        ("deploy --stage staging", "did you mean '--env'? hybridctl deploy --help"),
        ("logs --lines 5", "did you mean '--limit'? hybridctl logs search --help"),
        ("logs --tail", "did you mean '--follow'? hybridctl logs search --help"),
        ("status --follow", "did you mean '--watch'? hybridctl status --help"),
        ("status -o json", "did you mean '--output'? hybridctl status --help"),
        ("rollback --to 3", "did you mean '--version'? hybridctl rollback --help"),
        ("deploy --force", "did you mean '--yes'? hybridctl deploy --help"),
        ("status --region eu-west-1", "the region is a setting: hybridctl config shows it and its file"),
        ("-C /tmp status", "hybridctl uses the hybridctl.toml of the current folder or the nearest one above: "),
        ("sandbox up", "did you mean 'hybridctl sandbox start'?"),
        ("sandbox help", "did you mean 'hybridctl sandbox --help'?"),
        ("sessions delete", "did you mean 'hybridctl sessions revoke'?"),
        ("status -e", "hybridctl status --help"),
        ("status --stagee", "hybridctl status --help"),
        ("frobnicate", "hybridctl --help"),
    ],
)
def test_a_word_of_another_tool_gets_ours(hybridctl, typed, hint):
    ran = hybridctl(*typed.split())
    assert ran.code == 2
    error, said = ran.err.splitlines()
    assert said.startswith(f"hint: {hint}")
    assert "ean '" not in error


def test_an_argument_too_many_is_named(hybridctl):
    ran = hybridctl("deploy", "local", "staging")
    assert (ran.code, ran.err.splitlines()[0]) == (2, "error: unexpected argument: staging")


def test_every_word_leads_to_a_command_that_exists():
    for word, meant in WORDS.items():
        assert word not in SUMMARIES
        assert meant.split()[0] in SUMMARIES
    for group, words in GROUP_WORDS.items():
        assert {*words.values()} <= {*load(group).commands}
        assert not {*words} & {*load(group).commands}


def test_every_word_leads_to_an_option_that_exists():
    known = {name for _, command in leaves() for one in command.params for name in one.opts}
    assert {*_OPTIONS} <= known | {"--output", "--debug"}


@pytest.mark.parametrize(
    ("argv", "name"),
    [
        (["deploy", "", "--yes"], "ENV"),
        (["destroy", "", "--yes"], "ENV"),
        (["status", "--env", ""], "--env / -e"),
        (["alarms", ""], "ENV"),
        (["rollback", "--release="], "--release"),
        (["--profile", "", "whoami"], "--profile"),
        (["status", "--profile="], "--profile"),
        (["init", ""], "NAME"),
    ],
)
def test_an_unset_variable_of_the_shell_selects_no_default(hybridctl, argv, name):
    ran = hybridctl(*argv)
    assert ran.code == 2
    assert ran.err == f"error: {name} is empty\nhint: a shell variable in this command may be unset\n"


def test_an_empty_reason_is_none(hybridctl):
    assert hybridctl("deploy", "local", "-m", "", "--dry-run", backend=FakeBackend.deployed(1)).code == 0
