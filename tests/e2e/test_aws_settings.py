"""`local` and this machine's AWS settings: however broken they are, every command does what it does without them."""

import os
from pathlib import Path

import pytest

from e2e.conftest import Clone
from hybridctl.commands.tree import leaves

NOWHERE = "http://127.0.0.1:9"  # the discard port: whatever is sent there fails
BROKEN_FILE = "[profile\nregion = nowhere\n\x00[default]\ncredential_process = /bin/false\nsso_session = gone\n"
SETTINGS: dict[str, dict[str, str]] = {
    "a configuration file that cannot be parsed": {"AWS_CONFIG_FILE": "{broken}"},
    "credentials that cannot be parsed": {"AWS_SHARED_CREDENTIALS_FILE": "{broken}"},
    "a folder in place of a file": {"AWS_CONFIG_FILE": "{home}", "AWS_SHARED_CREDENTIALS_FILE": "{home}"},
    "a profile that is none": {"AWS_PROFILE": "nosuch", "AWS_DEFAULT_PROFILE": "nosuch"},
    "an endpoint elsewhere": dict.fromkeys(
        ("AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL_STS", "AWS_ENDPOINT_URL_DYNAMODB"), NOWHERE
    ),
    "certificates that are missing": dict.fromkeys(
        ("AWS_CA_BUNDLE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE"), "/nowhere/ca.pem"
    ),
    "FIPS and dual stack": {"AWS_USE_FIPS_ENDPOINT": "true", "AWS_USE_DUALSTACK_ENDPOINT": "true"},
    "another region, and words where numbers belong": {
        "AWS_REGION": "xx-nowhere-9",
        "AWS_DEFAULT_REGION": "xx-nowhere-9",
        "AWS_MAX_ATTEMPTS": "many",
        "AWS_RETRY_MODE": "never",
        "AWS_DEFAULTS_MODE": "nope",
        "AWS_STS_REGIONAL_ENDPOINTS": "nope",
    },
    "credentials of someone else": {
        "AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE",
        "AWS_SECRET_ACCESS_KEY": "wrong",
        "AWS_SESSION_TOKEN": "expired",
        "AWS_ROLE_ARN": "arn:aws:iam::111122223333:role/gone",
        "AWS_WEB_IDENTITY_TOKEN_FILE": "/nowhere/token",
    },
    "proxies that are down": {
        name: NOWHERE for each in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY") for name in (each, each.lower())
    },
}
ALL = {name: value for settings in SETTINGS.values() for name, value in settings.items()}
ARGUMENTS: dict[str, tuple[str, ...]] = {
    "logs search": ("local",),
    "logs query": ("errors", "local"),
    "alarms list": ("local",),
    "sessions list": ("user123", "-e", "local"),
    "sessions scan": ("-e", "local"),
    "troubleshoot cors": ("local", "--origin", "http://localhost:3000"),
    "state show": ("module.function.aws_lambda_alias.live", "local"),
    "releases diff": ("1", "1", "local"),
    "sandbox status": (),
    "sandbox gaps": (),
    "build": (),
}
# What changes something reaches AWS in the same ways as a release, which is tried below.
CHANGING = {
    *("deploy", "destroy", "rollback", "promote", "abort", "bootstrap", "init", "plan", "releases prune"),
    *("sandbox start", "sandbox stop", "sandbox reset", "sandbox logs", "sandbox key"),
    *("alarms test", "sessions show", "sessions revoke", "state unlock", "state restore", "state push"),
}
COMMANDS = [name for name, _ in leaves() if name not in CHANGING]


def settings_in(home: Path, settings: dict[str, str]) -> dict[str, str]:
    broken = home / "broken"
    broken.write_text(BROKEN_FILE, encoding="utf-8")
    return {name: value.format(broken=broken, home=home) for name, value in settings.items()}


@pytest.fixture(scope="module")
def spoilt(deployed: Clone) -> Clone:
    """A clone whose home has nonsense in ~/.aws."""
    folder = deployed.home / ".aws"
    folder.mkdir(exist_ok=True)
    for name in ("config", "credentials"):
        (folder / name).write_text(BROKEN_FILE, encoding="utf-8")
    (folder / "sso").write_text("no folder", encoding="utf-8")
    return deployed


@pytest.mark.parametrize("name", COMMANDS)
def test_no_command_notices_them(spoilt, name, tmp_path):
    ran = spoilt.run(*name.split(), *ARGUMENTS.get(name, ("local",)), env=settings_in(tmp_path, ALL))
    assert (ran.code, "error:" in ran.err) == (0, False), ran.all


@pytest.mark.parametrize("name", ["nonsense in ~/.aws alone", *SETTINGS])
def test_each_of_them_alone_is_not_noticed_either(spoilt, name, tmp_path):
    """Among all of them one may hide another: AWS_CONFIG_FILE is read in place of ~/.aws/config."""
    spoilt.must("outputs", "local", env=settings_in(tmp_path, SETTINGS.get(name, {})))


def test_a_sandbox_starts_and_a_release_goes_out_under_all_of_them(spoilt, tmp_path):
    env = settings_in(tmp_path, ALL)
    spoilt.must("sandbox", "stop", env=env)
    spoilt.must("deploy", "local", "--var", "lambda_memory_size=640", env=env)
    assert spoilt.live_version() == "2"
    assert not os.path.exists(tmp_path / ".aws")
