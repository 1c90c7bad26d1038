"""The sandbox's session: nothing of this machine's AWS settings reaches it. botocore itself is the witness."""

from pathlib import Path

import pytest
from botocore.configprovider import BOTOCORE_DEFAUT_SESSION_VARIABLES, DEFAULT_S3_CONFIG_VARS
from botocore.session import Session

from hybridctl.adapters.aws.isolation import find_configured_endpoints
from hybridctl.adapters.aws.session import AwsSession
from hybridctl.domain.environment import Place
from hybridctl.domain.profile import Profile
from hybridctl.domain.sandbox import AccessKey
from hybridctl.errors import UnknownProfile

RULES = [*BOTOCORE_DEFAUT_SESSION_VARIABLES.values(), *DEFAULT_S3_CONFIG_VARS.values()]
VARIABLES = {
    *(name for row in RULES for name in (row[1] if isinstance(row[1], list) else [row[1]]) if name),
    *("AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3", "AWS_ACCESS_KEY_ID", "AWS_ROLE_ARN"),
}


def settings(session: AwsSession, service: str) -> dict[str, object]:
    client = session.client(service)
    config = client.meta.config
    shown = {name: getattr(config, name) for name in sorted(vars(config)) if not name.startswith("_")}
    return shown | {"endpoint": client.meta.endpoint_url, "region": client.meta.region_name}


@pytest.fixture(scope="module")
def plain() -> dict[str, object]:
    return settings(AwsSession("us-east-1", endpoint="http://127.0.0.1:1", key=AccessKey("x", "x")), "s3")


@pytest.mark.parametrize("name", sorted(VARIABLES))
def test_no_variable_changes_a_client_of_the_sandbox(monkeypatch, plain, name):
    monkeypatch.setenv(name, "nope")
    assert settings(AwsSession("us-east-1", endpoint="http://127.0.0.1:1", key=AccessKey("x", "x")), "s3") == plain


@pytest.mark.parametrize(
    "content",
    [
        "[profile",
        "[default]\nregion = nowhere\ndefaults_mode = nope\n",
        "[default]\nendpoint_url = http://h\n",
        "\x00\xff",
    ],
)
def test_no_file_changes_one_either(monkeypatch, tmp_path: Path, content):
    plain = settings(AwsSession("us-east-1", endpoint="http://127.0.0.1:1", key=AccessKey("x", "x")), "sts")
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        (tmp_path / name).write_text(content, encoding="latin-1")
        monkeypatch.setenv(name, str(tmp_path / name))
    monkeypatch.setenv("AWS_PROFILE", "corp")
    session = AwsSession(
        "us-east-1", profile=Profile("corp", "x"), endpoint="http://127.0.0.1:1", key=AccessKey("x", "x")
    )
    assert settings(session, "sts") == plain
    session.impatient_client("logs")


def test_on_aws_the_users_settings_count_as_they_always_do(monkeypatch):
    monkeypatch.setenv("AWS_PROFILE", "nope")
    with pytest.raises(UnknownProfile, match="nope"):
        AwsSession("us-east-1", profile=Profile("nope", "x")).client("sts")


@pytest.mark.parametrize(
    ("environ", "profile", "found"),
    [
        ({}, "", []),
        ({"AWS_ENDPOINT_URL": "http://h:1"}, "", ["AWS_ENDPOINT_URL=http://h:1"]),
        ({"AWS_ENDPOINT_URL_LAMBDA": "http://h:1"}, "", ["AWS_ENDPOINT_URL_LAMBDA=http://h:1"]),
        ({}, "endpoint_url = http://h:2\n", ["endpoint_url=http://h:2"]),
        ({}, "services = mine\n[services mine]\ns3 =\n  endpoint_url = http://h:3\n", ["s3.endpoint_url=http://h:3"]),
        ({"AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "true", "AWS_ENDPOINT_URL": "http://h"}, "", []),
    ],
)
def test_an_endpoint_in_place_of_aws_is_found(monkeypatch, tmp_path: Path, environ, profile, found):
    file = tmp_path / "config"
    file.write_text(f"[default]\nregion = us-east-1\n{profile}")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(file))
    for name in ("AWS_ENDPOINT_URL", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    assert find_configured_endpoints(Session(), environ) == found


def test_the_first_line_says_so(hybridctl):
    from dataclasses import replace

    from fakes import FakeBackend

    backend = FakeBackend.deployed(1)
    backend.place = replace(backend.place, elsewhere=("AWS_ENDPOINT_URL=http://localhost:4566",))
    ran = hybridctl("status", "staging", backend=backend, width=200)
    assert "CUSTOM ENDPOINTS, NOT AWS: AWS_ENDPOINT_URL=http://localhost:4566" in ran.err.splitlines()[0]
    assert "AWS_ENDPOINT_URL" in hybridctl("doctor", "staging", backend=backend, width=200).out
    assert Place("staging", "1", "eu-west-1").elsewhere == ()
