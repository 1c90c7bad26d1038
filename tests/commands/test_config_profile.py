"""`--profile`, and `profile` of an environment: who acts, as `config` and `whoami` show it."""

import json

import pytest

from commands.test_config import sources
from commands.test_whoami import CI, acting
from hybridctl.domain.environment import Names
from hybridctl.settings_file import load_settings
from hybridctl.wiring.backend import RealBackend
from hybridctl.wiring.location import Location

KEYS = "[profile ops]\naws_access_key_id = AKIDOPS\naws_secret_access_key = secret\nregion = eu-west-1\n"


@pytest.fixture
def with_profile(project):
    with (project / "hybridctl.toml").open("a") as file:
        file.write('profile = "prod"\n')  # of the last table, production
    return project


@pytest.mark.parametrize(
    ("words", "environ", "value", "source"),
    [
        ((), {}, "prod", "hybridctl.toml:13"),
        (("--profile", "ops"), {"AWS_PROFILE": "dev"}, "ops", "--profile"),
        ((), {"AWS_ACCESS_KEY_ID": "AKID"}, None, "AWS_ACCESS_KEY_ID"),
    ],
)
def test_config_shows_who_acts_and_why(hybridctl, with_profile, words, environ, value, source):
    found = sources(hybridctl("config", "production", "--json", *words, environ=environ))
    assert found["environments.production.profile"] == (value, source)
    staging = sources(hybridctl("config", "staging", "--json", *words, environ=environ))
    assert staging["environments.staging.profile"][0] == ("ops" if words else None)


def test_the_option_stands_before_or_behind_the_command(hybridctl, with_profile):
    for words in (("--profile=ops", "config"), ("config", "--profile", "ops"), ("--profile", "ops", "config")):
        found = sources(hybridctl(*words, "staging", "--json"))
        assert found["environments.staging.profile"] == ("ops", "--profile"), words


def test_the_sandbox_uses_no_profile(hybridctl, with_profile):
    found = sources(hybridctl("config", "local", "--json", "--profile", "ops", environ={"AWS_PROFILE": "dev"}))
    assert found["environments.local.profile"] == (None, "sandbox key")
    who = json.loads(hybridctl("whoami", "local", "--json", "--profile", "ops", backend=acting(CI)).out)
    assert who["profile"] is None


def test_whoami_names_the_profile_and_who_chose_it(hybridctl, with_profile):
    ran = hybridctl("whoami", "production", backend=acting(CI))
    assert "prod (hybridctl.toml:13)" in ran.out
    who = json.loads(hybridctl("whoami", "staging", "--profile", "ops", "--json", backend=acting(CI)).out)
    assert (who["profile"], who["profile_source"]) == ("ops", "--profile")


def test_an_unknown_profile_is_refused_where_it_stands(hybridctl, project):
    with (project / "hybridctl.toml").open("a") as file:
        file.write('profile = ""\n')
    ran = hybridctl("config")
    assert ran.code == 2
    assert "hybridctl.toml:13: profile cannot be ''" in ran.err


@pytest.fixture
def on_aws(project, tmp_path_factory, monkeypatch, clock):
    """The ports of staging with the AWS configuration `KEYS`, as a run with this option would have them."""
    folder = tmp_path_factory.mktemp("aws")
    (folder / "config").write_text(KEYS)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(folder / "config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(folder / "none"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    for name in ("AWS_PROFILE", "AWS_DEFAULT_PROFILE", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name, raising=False)

    def open_backend(environ):
        from dataclasses import replace

        for name, value in environ.items():
            monkeypatch.setenv(name, value)
        settings = replace(load_settings(project, environ), typed_profile="ops")
        environment = settings.environment("staging")
        assert settings.names("staging") == Names("hybrid-ci-cd", "staging")
        return RealBackend(settings, Location(environment), clock)

    return open_backend


def test_clients_and_terraform_with_its_backend_act_as_the_profile(on_aws):
    """Terraform's S3 backend and provider read these variables before any file, so both act as the profile."""
    shell = {"AWS_PROFILE": "other", "AWS_ACCESS_KEY_ID": "AKIDSHELL", "AWS_SECRET_ACCESS_KEY": "x"}
    backend = on_aws(shell)
    client = backend._session.client("s3")
    assert client._request_signer._credentials.access_key == "AKIDOPS"
    child = backend._engine_environ()
    assert (child["AWS_ACCESS_KEY_ID"], child.get("AWS_PROFILE")) == ("AKIDOPS", None)
    assert child["AWS_REGION"] == "us-east-1"


def test_a_tab_behind_the_option_offers_the_profiles(on_aws, project, clock, monkeypatch):
    from types import SimpleNamespace

    from hybridctl.commands import completion

    config = on_aws({})._settings.environ | {"AWS_CONFIG_FILE": str(project / "aws-config")}
    (project / "aws-config").write_text(f"{KEYS}[default]\n[sso-session corp]\n[profile open]\n")
    settings = SimpleNamespace(environ={**config, "AWS_SHARED_CREDENTIALS_FILE": "/nowhere"})
    monkeypatch.setattr(completion, "app_context", lambda _ctx: SimpleNamespace(settings=settings))
    assert completion.profiles(None, "o") == ["open", "ops"]
    assert completion.profiles(None, "") == ["default", "open", "ops"]
