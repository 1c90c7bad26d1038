"""What fingers type that know gh, kubectl or fly: short options, words for options, and near misses."""

import json

import pytest

from commands.test_deploy import with_new_code
from fakes import FakeBackend
from fakes.functions import FakeHandler
from hybridctl.commands.tree import SUMMARIES, leaves
from hybridctl.domain.tfstate import Resource, Resources

GLOBAL = ("--output", "--json", "-q, --quiet", "--profile", "--events", "--debug")


@pytest.mark.parametrize("words", [("-V",), ("--version",), ("version",)])
def test_the_version_is_printed_for_each_way_to_ask(hybridctl, words):
    ran = hybridctl(*words)
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.startswith("hybridctl ")


@pytest.mark.parametrize("words", [(), ("deploy",), ("logs",), ("logs", "query"), ("sandbox",)])
def test_help_without_dashes_shows_the_page_of_the_option(hybridctl, capsys, words):
    assert hybridctl("help", *words).code == 0
    asked = capsys.readouterr().out
    assert hybridctl(*words, "--help").code == 0
    assert asked == capsys.readouterr().out
    assert "Usage:" in asked


def test_help_of_an_unknown_command_is_refused(hybridctl):
    ran = hybridctl("help", "deplyo")
    assert ran.code == 2
    assert "Did you mean 'deploy'?" in ran.err


@pytest.mark.parametrize("name", [*(name for name, _ in leaves()), *SUMMARIES])
def test_every_page_shows_the_global_options(hybridctl, capsys, name):
    assert hybridctl(*name.split(), "--help").code == 0
    page = capsys.readouterr().out
    assert [option for option in GLOBAL if option not in page.partition("Global options:")[2]] == []


@pytest.mark.parametrize("words", [("--json", "outputs", "local"), ("outputs", "local", "--json")])
def test_json_is_short_for_output_json(hybridctl, words):
    ran = hybridctl(*words, backend=FakeBackend.deployed(1))
    assert json.loads(ran.out) == json.loads(
        hybridctl("--output", "json", "outputs", backend=FakeBackend.deployed(1)).out
    )


def test_failures_are_json_too(hybridctl):
    ran = hybridctl("outputs", "--json", "nosuch")
    assert json.loads(ran.out)["error"]["code"] == "unknown_environment"


@pytest.mark.parametrize("option", ["-q", "--quiet"])
def test_a_quiet_deploy_prints_its_result_alone(hybridctl, option):
    loud = hybridctl("deploy", "local", "--yes", backend=with_new_code(FakeHandler(2), 1))
    ran = hybridctl("deploy", "local", "--yes", option, backend=with_new_code(FakeHandler(2), 1))
    assert (ran.code, ran.err) == (0, "")
    assert ran.out == loud.out
    assert loud.err


def test_a_quiet_failure_still_says_what_failed(hybridctl):
    ran = hybridctl("deploy", "local", "-q", "--yes", backend=with_new_code(FakeHandler(2, broken={"GET /health"}), 1))
    assert ran.code == 5
    assert ran.err.startswith("error: ")
    assert "hint: " in ran.err


def test_a_quiet_question_still_shows_what_it_is_about(hybridctl):
    ran = hybridctl("deploy", "staging", "-q", backend=with_new_code(FakeHandler(2), 1), answer="n")
    assert "cancelled" in ran.err
    assert "aws_lambda_function" in ran.err


@pytest.mark.parametrize(
    ("words", "near"),
    [
        (("logs", "serch"), "search"),
        (("logs", "qurey", "errors"), "query"),
        (("alarms", "histroy"), "history"),
        (("releases", "dif"), "diff"),
        (("status", "lcal"), "local"),
        (("deploy", "stagng"), "staging"),
        (("sessions", "lst"), "list"),
    ],
)
def test_a_misspelt_word_gets_the_nearest_one(hybridctl, words, near):
    ran = hybridctl(*words)
    assert ran.code == 2
    assert f"ean '{near}'?" in ran.err


def test_a_misspelt_option_gets_the_nearest_one(hybridctl):
    ran = hybridctl("status", "--drfit")
    assert ran.code == 2
    assert ran.err == "error: No such option: --drfit. Did you mean '--drift'?\nhint: hybridctl status --help\n"


def test_an_address_is_found_by_its_end_and_by_its_looks():
    state = Resources((Resource("module.function.aws_lambda_alias.live", "a"), Resource("aws_sns_topic.alarms", "t")))
    for typed in ("aws_lambda_alias.live", "module.function.aws_lambda_alias.lvie"):
        with pytest.raises(Exception, match="there is no") as refused:
            state.at(typed)
        assert refused.value.hint == "did you mean module.function.aws_lambda_alias.live?"


@pytest.mark.parametrize(
    "name", [name for name, _ in leaves() if name not in {"build", "init"} and "sandbox" not in name]
)
def test_every_command_of_an_environment_takes_it_by_position(name):
    found = dict(leaves())[name]
    assert [one.metavar for one in found.params if one.name == "environment"] == ["ENV"]


def test_a_bug_is_reported_in_one_line_and_debug_shows_it(hybridctl):
    backend = FakeBackend.deployed(1)
    backend.state.outputs = lambda: 1 / 0  # type: ignore[method-assign,assignment,return-value]
    ran = hybridctl("smoke", backend=backend)
    assert (ran.code, ran.err.splitlines()[-2]) == (1, "error: unexpected: ZeroDivisionError: division by zero")


@pytest.mark.parametrize("place", [0, 1, 2])
def test_the_output_format_may_be_anywhere(hybridctl, place):
    words = ["outputs", "local"]
    words[place:place] = ["--output", "json"]
    ran = hybridctl(*words, backend=FakeBackend.deployed(1))
    assert json.loads(ran.out)["api_stage"] == "local"


def test_an_unknown_output_format_is_named(hybridctl):
    ran = hybridctl("outputs", "--output", "yaml")
    assert (ran.code, "yaml" in ran.err) == (2, True)
    assert hybridctl("outputs", "--output").code == 2
