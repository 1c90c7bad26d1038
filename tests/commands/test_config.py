"""`hybridctl config`: each setting with its value and its source."""

import json

import pytest

from hybridctl.settings_file import load_settings
from hybridctl.settings_schema import ENVIRONMENT, FUNCTION, NOTIFY, PATIENCE, SMOKE, TERRAFORM, TOP, WATCH
from hybridctl.settings_sources import describe_settings

TABLES = {
    "function": FUNCTION,
    "terraform": TERRAFORM,
    "smoke": SMOKE,
    "notify": NOTIFY,
    "watch": WATCH,
    "patience": PATIENCE,
}


def test_what_is_shown_is_what_the_file_says(hybridctl, project):
    with (project / "hybridctl.toml").open("a") as file:
        file.write("\n[watch]\np50 = 10\np95 = 33\nmilliseconds = 7\n")
    found = sources(hybridctl("config", "local", "--json"))
    shown = {
        name: value for name, (value, source) in found.items() if name.startswith("watch.") and source != "default"
    }
    assert shown == {"watch.p50": 10, "watch.p95": 33, "watch.milliseconds": 7}


def sources(ran):
    return {one["name"]: (one["value"], one["source"]) for one in json.loads(ran.out)["settings"]}


def test_each_setting_has_its_value_and_its_source(hybridctl, project):
    with (project / "hybridctl.toml").open("a") as file:
        file.write('strategy = "canary:10@5m"\n\n[function]\nalias = "x"\n[smoke]\nhealth = "/up"\n')
    environ = {"HYBRIDCTL_FUNCTION_RUNTIME": "python3.12", "HYBRIDCTL_PATIENCE_LOCK": "5"}
    found = sources(hybridctl("config", "production", "--json", environ=environ))
    text = (project / "hybridctl.toml").read_text().splitlines()
    assert found["environment"] == ("production", "command line")
    assert found["function.runtime"] == ("python3.12", "HYBRIDCTL_FUNCTION_RUNTIME")
    assert found["patience.lock"] == (5, "HYBRIDCTL_PATIENCE_LOCK")
    assert found["function.handler"] == ("backend.entry.handle", "default")
    assert found["environments.production.consent"][1] == "default"
    for name in ("project", "environments.production.account", "environments.production.strategy", "function.alias"):
        file, _, line = found[name][1].partition(":")
        assert file == "hybridctl.toml"
        assert text[int(line) - 1].startswith(name.rpartition(".")[2]), name
    assert found["smoke.health"] == ("/up", f"hybridctl.toml:{len(text)}")


def test_no_setting_that_the_file_may_hold_is_left_out(project):
    settings = load_settings(project, {})
    names = {one.name for one in describe_settings(settings, "staging").settings}
    wanted = {f"{table}.{key}" for table, keys in TABLES.items() for key in keys}
    wanted |= {f"environments.staging.{key}" for key in ENVIRONMENT} | (
        TOP.keys() - TABLES.keys() - {"environments", "functions"}
    )
    assert wanted <= names


@pytest.mark.parametrize(
    ("words", "environ", "source"),
    [
        ((), {}, "hybridctl.toml:3"),
        ((), {"HYBRIDCTL_ENV": "local"}, "HYBRIDCTL_ENV"),
        (("local",), {"HYBRIDCTL_ENV": "staging"}, "command line"),
    ],
)
def test_it_says_why_this_environment_is_meant(hybridctl, words, environ, source):
    found = sources(hybridctl("config", *words, "--json", environ=environ))
    assert found["environment"] == ("local", source)


def test_the_page_of_the_settings(hybridctl, project, golden):
    ran = hybridctl("config", "production", width=100)
    golden("config.txt", ran.transcript.replace(str(project), "…"))
