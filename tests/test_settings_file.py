"""hybridctl.toml: where it is found, which values win, and how a wrong one is named."""

import os
import subprocess
import sys

import pytest

from hybridctl.domain.environment import Consent
from hybridctl.domain.patience import Patience
from hybridctl.domain.sandbox import AccessKey
from hybridctl.domain.smoke_plan import Call, Question
from hybridctl.domain.watch_rules import Margin, WatchRules
from hybridctl.errors import ConfigurationInvalid, UnknownEnvironment, UsageInvalid
from hybridctl.settings_file import load_settings
from hybridctl.settings_sources import describe_settings
from hybridctl.wiring.location import read_key


def test_it_is_found_from_any_folder_below(project):
    inner = project / "a" / "b"
    inner.mkdir(parents=True)
    assert load_settings(inner, {}).root == project


def test_no_file_says_where_it_was_looked_for(tmp_path):
    with pytest.raises(ConfigurationInvalid, match=r"no hybridctl\.toml in"):
        load_settings(tmp_path, {})


def test_the_environment_wins_over_the_file_and_each_value_knows_its_source(project):
    settings = load_settings(project, {"HYBRIDCTL_REGION": "eu-west-1"})
    assert settings.region == "eu-west-1"
    assert settings.environments["local"].region == "eu-west-1"
    assert settings.origins["region"] == "HYBRIDCTL_REGION"
    assert settings.origins["project"] == "hybridctl.toml:1"
    assert settings.origins["function.alias"] == "default"


def test_consent_follows_from_the_kind_of_environment(project):
    found = load_settings(project, {}).environments
    assert [found[name].consent for name in ("local", "staging", "production")] == [
        Consent.NONE,
        Consent.CONFIRM,
        Consent.TYPED,
    ]


def test_the_environment_is_named_then_remembered_then_the_default(project):
    settings = load_settings(project, {})
    assert settings.environment(None).name == "local"
    settings.private.mkdir()
    (settings.private / "last-environment").write_text("staging\n")
    assert settings.environment(None).name == "staging"
    assert load_settings(project, {"HYBRIDCTL_ENV": "production"}).environment(None).name == "production"
    assert settings.environment("local").name == "local"
    with pytest.raises(UnknownEnvironment, match="there is no environment 'nowhere'") as unknown:
        settings.environment("nowhere")
    assert unknown.value.hint == "hybridctl.toml defines: local, staging, production"


def test_a_remembered_environment_that_is_gone_is_forgotten(project):
    settings = load_settings(project, {})
    settings.private.mkdir()
    (settings.private / "last-environment").write_text("removed\n")
    assert settings.environment(None).name == "local"


@pytest.mark.parametrize(
    ("text", "environ", "silence"),
    [
        ("", {}, 60),
        ("[patience]\nsilence = 5\n", {}, 5),
        ("[patience]\nsilence = 5\n", {"HYBRIDCTL_PATIENCE_SILENCE": "0"}, 0),
    ],
)
def test_waits_can_be_shortened(project, text, environ, silence):
    (project / "hybridctl.toml").write_text(f"{text}{LOCAL}")
    assert load_settings(project, environ).patience == Patience(silence=silence)


@pytest.mark.parametrize(
    ("text", "environ", "message"),
    [
        ("[patience]\nsilence = -1\n", {}, "hybridctl.toml:2: silence cannot be '-1'"),
        ("[patience]\nlock = true\n", {}, "hybridctl.toml:2: lock cannot be 'True'"),
        ("[patience]\nbusy = 1.5\n", {}, "hybridctl.toml:2: busy must be a number"),
        ("[patience]\nsettel = 1\n", {}, "hybridctl.toml:2: unknown key 'settel'"),
        ("", {"HYBRIDCTL_PATIENCE_LOCK": "20s"}, "HYBRIDCTL_PATIENCE_LOCK: lock cannot be '20s'"),
    ],
)
def test_a_wait_that_is_not_a_number_of_seconds_is_refused(project, text, environ, message):
    (project / "hybridctl.toml").write_text(f"{text}{LOCAL}")
    with pytest.raises(ConfigurationInvalid) as refused:
        load_settings(project, environ)
    assert str(refused.value) == message


LOCAL = "[environments.local]\nsandbox = true\n"


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        (f'regoin = "x"\n{LOCAL}', "hybridctl.toml:1: unknown key 'regoin'", "did you mean 'region'?"),
        (f"{LOCAL}protcted = true\n", "hybridctl.toml:3: unknown key 'protcted'", "did you mean 'protected'?"),
        ("[environments.local]\nsandbox = 1\n", "hybridctl.toml:2: sandbox must be true or false", None),
        (f'region = "mars"\n{LOCAL}', "hybridctl.toml:1: region cannot be 'mars'", None),
        (f'{LOCAL}account = "12"\n', "hybridctl.toml:3: account cannot be '12'", None),
        (f'{LOCAL}consent = "tiped"\n', "hybridctl.toml:3: consent cannot be 'tiped'", "did you mean 'typed'?"),
        (f'default_environment = "locl"\n{LOCAL}', "hybridctl.toml:1: default_environment cannot be 'locl'", None),
        (f'[function]\narchitecture = "arm"\n{LOCAL}', "hybridctl.toml:2: architecture cannot be 'arm'", None),
        ("environments = 1\n", "hybridctl.toml:1: environments must be a table", None),
        ("[environments]\nlocal = 1\n", "hybridctl.toml:2: environments.local must be a table", None),
        ('project = "xyz"\n', "hybridctl.toml defines no environment", "add a table [environments.local]"),
        ("project = \n", "hybridctl.toml:1: Invalid value", 'put text in double quotes: key = "value"'),
    ],
)
def test_a_wrong_key_or_value_is_refused_with_its_line(project, text, message, hint):
    (project / "hybridctl.toml").write_text(text)
    with pytest.raises(ConfigurationInvalid) as refusal:
        load_settings(project, {})
    assert str(refusal.value).startswith(message)
    if hint:
        assert refusal.value.hint == hint


def test_a_file_that_is_not_text_is_reported(project):
    (project / "hybridctl.toml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ConfigurationInvalid, match="is not UTF-8"):
        load_settings(project, {})


@pytest.mark.parametrize(
    ("make", "fault"),
    [
        (lambda path: path.mkdir(), "a folder, not a file"),
        (os.mkfifo, "a pipe, not a file"),
        (lambda path: path.symlink_to(path), "Too many levels of symbolic links"),
        (lambda path: path.symlink_to(path.parent / "nowhere"), "No such file or directory"),
    ],
    ids=["folder", "pipe", "loop", "dangling"],
)
def test_what_stands_in_the_files_place_is_named_and_no_file_above_is_taken(project, make, fault):
    folder = project / "below"
    folder.mkdir()
    make(folder / "hybridctl.toml")
    with pytest.raises(ConfigurationInvalid, match=fault):
        load_settings(folder, {})


SMOKE = """\
[[smoke.checks]]
name = "alive"
call = "GET /alive"

[[smoke.checks]]
name = "taken"
call = "PUT /orders/1"
body = { item = "tea" }
status = 201
expect = { order = "1", at = "*" }

[environments.local]
sandbox = true
"""


def test_a_projects_own_checks_take_the_place_of_the_built_in_ones(tmp_path):
    (tmp_path / "hybridctl.toml").write_text(SMOKE)
    plan = load_settings(tmp_path, {}).smoke
    assert plan.questions == (
        Question("alive", Call("GET", "/alive")),
        Question("taken", Call("PUT", "/orders/1", {"item": "tea"}), 201, {"order": "1", "at": "*"}),
    )
    assert plan.probes == (Call("GET", "/health"), Call("GET", "/alive"))


@pytest.mark.parametrize(
    ("wrong", "right", "expected"),
    [
        ("GET /alive", "FETCH /alive", "hybridctl.toml:3: call cannot be 'FETCH /alive'"),
        ("status = 201", "state = 201", "hybridctl.toml:9: unknown key 'state'"),
        ("status = 201", 'status = "201"', "hybridctl.toml:9: status must be a number"),
        ('name = "taken"\n', "", "hybridctl.toml:5: a check needs a name"),
    ],
)
def test_a_wrong_check_is_named_with_its_line(tmp_path, wrong, right, expected):
    (tmp_path / "hybridctl.toml").write_text(SMOKE.replace(wrong, right))
    with pytest.raises(ConfigurationInvalid) as refused:
        load_settings(tmp_path, {})
    assert str(refused.value).startswith(expected)


def test_a_file_that_is_not_toml_is_named_with_its_line(tmp_path):
    (tmp_path / "hybridctl.toml").write_text('project = "x1"\nregion = "us-east-1\n')
    with pytest.raises(ConfigurationInvalid, match=r"^hybridctl\.toml:2: Illegal character"):
        load_settings(tmp_path, {})


def test_an_environment_that_was_misspelt_leads_to_the_right_one(project):
    with pytest.raises(UnknownEnvironment, match="there is no environment 'stagin'") as refused:
        load_settings(project, {}).environment("stagin")
    assert refused.value.hint == "did you mean 'staging'?"


def test_the_beginning_of_one_environment_leads_to_it(project):
    with pytest.raises(UnknownEnvironment) as refused:
        load_settings(project, {}).environment("prod")
    assert refused.value.hint == "did you mean 'production'?"


def test_an_unknown_environment_of_the_shell_names_the_variable(project):
    settings = load_settings(project, {"HYBRIDCTL_ENV": "nowhere"})
    with pytest.raises(UnknownEnvironment, match=r"there is no environment 'nowhere' \(from HYBRIDCTL_ENV\)"):
        settings.environment(None)
    with pytest.raises(UnknownEnvironment, match=r"there is no environment 'elsewhere'$"):
        settings.environment("elsewhere")


@pytest.mark.parametrize("typed", ["AKIA", ":secret", "AKIA:", "AKIA::token"])
def test_an_incomplete_key_of_the_sandbox_is_refused(typed: str):
    with pytest.raises(UsageInvalid, match="HYBRIDCTL_SANDBOX_KEY is not a key"):
        read_key(typed)


def test_a_key_of_the_sandbox_may_have_a_token():
    assert read_key("AKIA:secret") == AccessKey("AKIA", "secret")
    assert read_key("ASIA:secret:a:token") == AccessKey("ASIA", "secret", "a:token")


def test_the_margins_of_a_watch_are_the_projects(project):
    (project / "hybridctl.toml").write_text(f"[watch]\np50 = 10\nmilliseconds = 2\n{LOCAL}")
    assert load_settings(project, {}).watch.margins == (Margin(50, 1.1, 2), Margin(95, 1.5, 2), Margin(99, 2.0, 2))
    (project / "hybridctl.toml").write_text(LOCAL)
    assert load_settings(project, {}).watch == WatchRules()


def test_a_margin_that_is_not_a_percentage_is_refused(project):
    (project / "hybridctl.toml").write_text(f"[watch]\np95 = -1\n{LOCAL}")
    with pytest.raises(ConfigurationInvalid, match=r"hybridctl.toml:2: p95 cannot be -1"):
        load_settings(project, {})


@pytest.mark.parametrize("heavy", ["release", "watch", "evidence", "configuration"])
def test_reading_the_settings_loads_nothing_of_what_they_are_for(heavy):
    """Every command reads them: what they import is start-up time."""
    line = "import sys, hybridctl.settings_file; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", line], capture_output=True, text=True, check=True).stdout.split()
    assert "hybridctl.domain.notify" in loaded
    assert f"hybridctl.domain.{heavy}" not in loaded


WORKER = """
[functions.orders]
handler = "orders.handle"
[[functions.orders.checks]]
name = "an order is taken"
messages = ['{"id": 1}']
expect = { batchItemFailures = [] }
[[functions.orders.checks]]
name = "the sweep runs"
schedule = true
"""


def project_with(tmp_path, text):
    (tmp_path / "hybridctl.toml").write_text(f'project = "shop"\n{text}\n[environments.local]\nsandbox = true\n')
    return load_settings(tmp_path, {})


def test_a_worker_has_a_handler_and_events_as_its_triggers_send_them(tmp_path):
    settings = project_with(tmp_path, WORKER)
    [worker] = settings.workers
    order, sweep = (one.call.event for one in worker.plan.questions)
    assert [record["body"] for record in order["Records"]] == ['{"id": 1}']
    assert order["Records"][0]["eventSource"] == "aws:sqs"
    assert sweep["detail-type"] == "Scheduled Event"
    [function] = settings.worker_functions("local")
    assert (function.name, function.handler, function.alias) == ("shop-orders-local", "orders.handle", "live")
    shown = {one.name: one.value for one in describe_settings(settings, "local").settings}
    assert shown["functions.orders.checks"] == ["an order is taken", "the sweep runs"]


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ('[functions.orders]\nhandler = "orders.handle"', "needs checks"),
        ('[functions.orders]\n[[functions.orders.checks]]\nname = "x"\nschedule = true', "needs a handler"),
        ('[functions.Orders]\nhandler = "a.b"', "cannot be named"),
        (WORKER.replace("messages = ", "message = "), "unknown key 'message'"),
        (WORKER.replace("schedule = true", ""), "one of messages, event and schedule"),
        (
            WORKER.replace("schedule = true", "schedule = true\nevent = { a = 1 }"),
            "one of messages, event and schedule",
        ),
    ],
)
def test_a_worker_that_cannot_be_proven_is_refused(tmp_path, wrong, message):
    with pytest.raises(ConfigurationInvalid, match=message):
        project_with(tmp_path, wrong)


def test_reading_the_settings_looks_for_lines_as_often_for_many_environments_as_for_one(tmp_path, monkeypatch):
    """Each look goes through the whole file: with a hundred environments it took most of a short command."""
    looks: list[str] = []
    monkeypatch.setattr("hybridctl.settings_schema.Located.line", lambda _self, key, *_rest: looks.append(key) or 1)
    found = []
    for count in (1, 100):
        text = 'project = "scale"\nregion = "us-east-1"\n' + "".join(f"[environments.team{n}]\n" for n in range(count))
        (tmp_path / "hybridctl.toml").write_text(text)
        looks.clear()
        load_settings(tmp_path, {})
        found.append(len(looks))
    assert found[0] == found[1]
