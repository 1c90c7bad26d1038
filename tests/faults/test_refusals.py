"""What must be refused is refused before any write: nothing that changes anything passes the gate."""

import pytest

from faults.gate import Fault
from faults.rig import Rig

CHANGES = [
    ["deploy", "staging", "--yes"],
    ["rollback", "staging", "--version", "1", "--yes"],
    ["abort", "staging"],
    ["destroy", "staging", "--yes"],
    ["bootstrap", "staging", "--yes"],
    ["sessions", "revoke", "somebody", "--env", "staging", "--yes"],
]


def refuse(rig: Rig, argv: list[str], *, code: int, saying: str, signed: bool = True) -> list[str]:
    """Run a command against the gate as if it were AWS; the calls that it made, none of which changes anything."""
    del rig.gate.calls[:]
    keys = {"AWS_ACCESS_KEY_ID": rig.key.access_key_id, "AWS_SECRET_ACCESS_KEY": rig.key.secret_access_key}
    env = (keys if signed else {}) | {"AWS_ENDPOINT_URL": rig.gate.url, "AWS_EC2_METADATA_DISABLED": "true"}
    ran = rig.clone.run(*argv, env=env)
    rig.gate.lift()
    assert (ran.code, saying in ran.err) == (code, True), ran.all
    assert "hint: " in ran.err
    assert rig.gate.mutations == []
    return rig.gate.calls


@pytest.fixture(autouse=True, scope="module")
def _account_of_production(rig: Rig) -> None:
    """A protected environment has to name its account: here the sandbox's."""
    section = "[environments.production]\n"
    rig.clone.edit("hybridctl.toml", lambda text: text.replace(section, f'{section}account = "000000000000"\n'))


@pytest.fixture(scope="module")
def guarded(rig: Rig) -> Rig:
    """The same, with an account named for staging that these credentials are not of."""
    section = "[environments.staging]\n"
    rig.clone.edit("hybridctl.toml", lambda text: text.replace(section, f'{section}account = "123456789012"\n'))
    return rig


@pytest.mark.parametrize("argv", CHANGES, ids=lambda argv: " ".join(argv[:2]))
def test_the_wrong_account(guarded: Rig, argv: list[str]):
    calls = refuse(guarded, argv, code=6, saying="belongs to account 123456789012, but these credentials are for 00000")
    assert calls == ["query:GetCallerIdentity"]


def test_an_expired_token(rig: Rig):
    rig.gate.arm(Fault("query:GetCallerIdentity", 1, 100, 403, "ExpiredToken"))
    refuse(rig, CHANGES[0], code=1, saying="the credentials have expired")


def test_a_token_that_expires_in_between(rig: Rig):
    rig.gate.arm(Fault("s3:Get", 1, 100, 400, "ExpiredToken"))
    refuse(rig, ["rollback", "production", "--dry-run"], code=1, saying="the credentials have expired")


def test_no_credentials(rig: Rig):
    assert refuse(rig, CHANGES[0], code=1, saying="no AWS credentials", signed=False) == []


@pytest.mark.parametrize(
    ("argv", "saying"),
    [
        (["deploy", "production"], "confirmation is required, but there is no terminal"),
        (["deploy", "production", "--yes"], "requires a reviewed plan"),
        (["rollback", "production"], "confirmation is required, but there is no terminal"),
        (["destroy", "production", "--yes"], "is protected"),
    ],
    ids=lambda words: " ".join(words) if isinstance(words, list) else "",
)
def test_a_protected_environment_without_a_terminal(rig: Rig, argv: list[str], saying: str):
    refuse(rig, argv, code=6, saying=saying)


NO_BUCKET = ("s3:HeadBucket", 1, 100, 404, "NoSuchBucket")


def test_a_bucket_is_not_made_without_consent(rig: Rig):
    rig.gate.arm(Fault(*NO_BUCKET))
    refuse(rig, ["bootstrap", "production"], code=6, saying="confirmation is required, but there is no terminal")
    rig.gate.arm(Fault(*NO_BUCKET))
    refuse(rig, ["plan", "production"], code=3, saying="has no state bucket yet")
