"""Credentials are resolved once, for every client and for the engine, with botocore's real providers."""

import json
import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from hybridctl.adapters.aws.credentials import CHAIN, describe_source
from hybridctl.adapters.aws.session import AwsSession
from hybridctl.domain.profile import Profile
from hybridctl.domain.sandbox import AccessKey
from hybridctl.errors import AwsRefused, UnknownProfile

ASKS_FOR_A_CODE = """
import sys
from hybridctl.adapters.aws.session import AwsSession
from hybridctl.domain.profile import Profile
from hybridctl.errors import AwsRefused

try:
    AwsSession("eu-west-1", profile=Profile("mfa", "x")).client("sts")
except AwsRefused as refused:
    sys.stdout.write(f"{refused} | {refused.hint}")
"""


@pytest.fixture
def profiles(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A configuration with a `credential_process` that notes each of its runs, and a role that wants MFA."""
    runs = tmp_path / "runs"
    answer = {"Version": 1, "AccessKeyId": "AKIDPROCESS", "SecretAccessKey": "secret", "SessionToken": "token"}
    program = tmp_path / "process.py"
    program.write_text(
        f"import json\nopen({str(runs)!r}, 'a').write('x')\nprint(json.dumps({json.dumps(answer)}))\n", encoding="utf-8"
    )
    config = tmp_path / "config"
    config.write_text(
        f"[profile process]\ncredential_process = {sys.executable} {program}\n"
        "[profile keys]\naws_access_key_id = AKIDKEYS\naws_secret_access_key = secret\n"
        "[profile mfa]\nrole_arn = arn:aws:iam::123456789012:role/deployer\nsource_profile = keys\n"
        "mfa_serial = arn:aws:iam::123456789012:mfa/ada\n",
        encoding="utf-8",
    )
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(config))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", os.devnull)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    return runs


def test_a_credential_process_runs_once_for_all_clients_and_the_engine(profiles: Path):
    session = AwsSession("eu-west-1", profile=Profile("process", "x"))
    clients = [session.client("s3"), session.client("lambda"), session.impatient_client("logs")]
    keys = {client._request_signer._credentials.access_key for client in clients}
    assert keys == {"AKIDPROCESS"}
    assert session.engine_environment() == {
        "AWS_ACCESS_KEY_ID": "AKIDPROCESS",
        "AWS_SECRET_ACCESS_KEY": "secret",
        "AWS_SESSION_TOKEN": "token",
    }
    assert profiles.read_text() == "x"


def test_plain_keys_carry_no_token(profiles: Path):
    carried = AwsSession("eu-west-1", profile=Profile("keys", "x")).engine_environment()
    assert carried == {"AWS_ACCESS_KEY_ID": "AKIDKEYS", "AWS_SECRET_ACCESS_KEY": "secret"}
    assert "AWS_SESSION_TOKEN" in CHAIN  # so that an older one of the environment does not stay beside these


def test_the_sandbox_is_given_nothing_of_the_users_credentials(profiles: Path):
    session = AwsSession(
        "us-east-1", profile=Profile("process", "x"), endpoint="http://127.0.0.1:1", key=AccessKey("x", "x")
    )
    assert session.engine_environment() == {}
    assert session.client("s3")._request_signer._credentials.access_key != "AKIDPROCESS"
    assert not profiles.exists()


def test_an_mfa_code_without_a_terminal_is_a_named_error(profiles: Path):
    ran = subprocess.run(
        [sys.executable, "-c", ASKS_FOR_A_CODE],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        start_new_session=True,  # no terminal of ours either
        check=False,
    )
    assert "the profile mfa requires an MFA code" in ran.stdout, ran.stderr
    assert "export-credentials" in ran.stdout


@pytest.mark.parametrize("ask", ["client", "source", "engine_environment", "find_configured_endpoints"])
def test_an_unknown_profile_is_named_with_the_known_ones(profiles: Path, ask):
    session = AwsSession("eu-west-1", profile=Profile("key", "hybridctl.toml:9"))
    words = {"client": ("sts",), "find_configured_endpoints": ({},)}.get(ask, ())
    with pytest.raises(UnknownProfile, match=r"no profile 'key' \(from hybridctl\.toml:9\)") as caught:
        getattr(session, ask)(*words)
    assert caught.value.hint == "did you mean 'keys'? profiles: keys, mfa, process"
    assert caught.value.exit_code == 2


def test_an_unknown_profile_of_the_shell_is_named_too(profiles: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("AWS_PROFILE", "nobody")
    with pytest.raises(UnknownProfile, match="'nobody'"):
        AwsSession("eu-west-1", profile=Profile("nobody", "AWS_PROFILE")).client("sts")


def test_keys_of_the_shell_win_over_its_profile_as_in_the_aws_cli(profiles: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("AWS_PROFILE", "keys")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIDSHELL")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "x")
    session = AwsSession("eu-west-1", profile=Profile("keys", "AWS_PROFILE"))
    assert session.engine_environment()["AWS_ACCESS_KEY_ID"] == "AKIDSHELL"
    asked = AwsSession("eu-west-1", profile=Profile("keys", "--profile"))
    assert asked.engine_environment()["AWS_ACCESS_KEY_ID"] == "AKIDKEYS"


def test_every_provider_of_botocores_chain_has_its_words():
    """The witness is botocore itself: the methods that its providers put on what they find."""
    from botocore import credentials
    from botocore.credentials import CredentialProvider

    def below(kind):
        return {kind, *(one for child in kind.__subclasses__() for one in below(child))}

    methods = {one.METHOD for one in below(CredentialProvider) if one.METHOD and one.__module__ == credentials.__name__}
    assert len(methods) > 8
    plain = {method for method in methods if describe_source(_Found(method), Profile()) == method}
    assert plain <= {"canonical-credentials", "explicit"}
    assert describe_source(None, Profile()) == "none"
    assert describe_source(_Found("sso"), Profile("ops", "x")).endswith("profile ops")


class _Found:
    def __init__(self, method):
        self.method = method


BROKEN = {
    "missing": "credential_process = /nowhere/helper\n",
    "no JSON": "credential_process = echo hello\n",
    "no quote": "credential_process = sh -c 'echo\n",
    "expired": """credential_process = echo '{"Version": 1, "AccessKeyId": "A", "SecretAccessKey": "B", """
    """"SessionToken": "C", "Expiration": "2020-01-01T00:00:00Z"}'\n""",
    "no token": "role_arn = arn:aws:iam::123456789012:role/x\nweb_identity_token_file = /nowhere/token\n",
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_profile_that_cannot_be_used_is_explained(profiles: Path, name: str):
    config = Path(os.environ["AWS_CONFIG_FILE"])
    config.write_text(f"[profile broken]\n{BROKEN[name]}", encoding="utf-8")
    with pytest.raises(AwsRefused, match="reading the AWS credentials") as refused:
        AwsSession("eu-west-1", profile=Profile("broken", "x")).client("sts")
    assert refused.value.hint


@pytest.mark.parametrize("name", ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"])
@pytest.mark.parametrize("spoilt", ["hidden\n", "hid den", "hiddén", "hidden\r\n"])
def test_a_key_that_cannot_be_sent_is_refused_and_never_printed(
    profiles: Path, monkeypatch: pytest.MonkeyPatch, name: str, spoilt: str
):
    keys = {"AWS_ACCESS_KEY_ID": "AKID", "AWS_SECRET_ACCESS_KEY": "secret", "AWS_SESSION_TOKEN": "token"}
    for variable, value in (keys | {name: spoilt}).items():
        monkeypatch.setenv(variable, value)
    with pytest.raises(AwsRefused, match="contains a line break, a space or another character") as refused:
        AwsSession("eu-west-1").client("sts")
    assert "hid" not in f"{refused.value} {refused.value.hint}"


def test_an_invalid_endpoint_is_explained(profiles: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("AWS_ENDPOINT_URL", "foo")
    with pytest.raises(AwsRefused, match="opening the sts client: Invalid endpoint: foo"):
        AwsSession("eu-west-1", profile=Profile("keys", "x")).client("sts")


@pytest.mark.parametrize(
    ("ends", "expected"),
    [
        ("2099-03-01T12:00:00+00:00", datetime(2099, 3, 1, 12, tzinfo=UTC)),  # aws configure export-credentials
        ("2099-03-01T12:00:00Z", datetime(2099, 3, 1, 12, tzinfo=UTC)),  # aws-vault
        (None, None),
    ],
)
def test_the_end_of_credentials_from_the_shell_is_known(monkeypatch, ends, expected):
    names = {"AWS_ACCESS_KEY_ID": "AKID", "AWS_SECRET_ACCESS_KEY": "secret", "AWS_SESSION_TOKEN": "token"}
    if ends:
        names["AWS_CREDENTIAL_EXPIRATION"] = ends
    for name, value in names.items():
        monkeypatch.setenv(name, value)
    assert AwsSession("eu-west-1").credentials_end(dict(os.environ)) == expected


def test_credentials_that_refresh_themselves_have_no_end(profiles, monkeypatch):
    monkeypatch.setenv("AWS_CREDENTIAL_EXPIRATION", "2099-03-01T12:00:00Z")
    session = AwsSession("eu-west-1", profile=Profile("process", "x"))
    assert session.credentials_end(dict(os.environ)) is None
