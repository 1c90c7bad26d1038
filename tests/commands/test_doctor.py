"""Each thing that can be wrong is named with its fix; and what --fix does about it."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from fakes import FakeBackend, FakeCheckout, FakePrerequisites
from fakes.clock import NOON
from fakes.functions import FakeHandler
from fakes.settings import FUNCTION
from hybridctl.domain.foundation import BucketPart
from hybridctl.domain.function import AccountLimits
from hybridctl.domain.identity import Identity
from hybridctl.domain.provisioned import Provisioned
from hybridctl.domain.release import Alias, Kind, Outcome, Release, Rollout
from hybridctl.domain.sessions import TimeToLive
from hybridctl.domain.state_lock import StateLock
from hybridctl.domain.table import ON_DEMAND, PROVISIONED, Table, TablePart
from hybridctl.domain.tfstate import Resource, Resources
from hybridctl.errors import (
    AwsRefused,
    ConfigurationInvalid,
    EngineMissing,
    FileUnwritable,
    HybridctlError,
    NotFound,
    SandboxFailed,
)

SESSIONS = "hybrid-ci-cd-sessions-local"
ROLE = "arn:aws:sts::000000000000:assumed-role/deployer/ada"


def resource(kind: str, **values: Any) -> Resource:
    return Resource(f"{kind}.this", kind, values)


def well() -> FakeBackend:
    """A deployed environment with nothing wrong."""
    backend = FakeBackend.deployed(1)
    backend.state.held = Resources(
        (
            resource(
                "aws_dynamodb_table",
                name=SESSIONS,
                billing_mode=ON_DEMAND,
                ttl=[{"attribute_name": "expires_at", "enabled": True}],
            ),
            resource("aws_lambda_function", reserved_concurrent_executions=-1),
        )
    )
    backend.tables.found = {SESSIONS: Table(SESSIONS, ON_DEMAND, (TablePart(None, 0, 0, 0),))}
    live = release(id="20260301T100000-1", outcome=Outcome.LIVE, version_after=1, verified=True, finished=NOON)
    backend.journal.records = {live.id: live}
    return backend


def release(**more: Any) -> Release:
    made = Release(
        "20260301T110000-1",
        Kind.DEPLOY,
        "local",
        "000000000000",
        "ada@example.com",
        "laptop:1",
        NOON - timedelta(hours=1),
    )
    return replace(made, **more)


def lock(minutes: float) -> StateLock:
    return StateLock("id", "OperationTypeApply", "ada@laptop", NOON - timedelta(minutes=minutes), minutes * 60)


def test_a_healthy_environment_is_reported_line_by_line(hybridctl, golden):
    golden("doctor-well.txt", hybridctl("doctor", backend=well()).transcript)


def test_before_any_deploy_it_says_what_to_type(hybridctl, golden):
    backend = FakeBackend()
    golden("doctor-not-deployed.txt", hybridctl("doctor", backend=backend).transcript)


def test_before_any_deploy_a_missing_bucket_fails_nothing(hybridctl):
    backend = FakeBackend()
    backend.foundation.missing = set(BucketPart)
    ran = hybridctl("doctor", backend=backend)
    assert (ran.code, "warn  bucket" in ran.out, "→ hybridctl bootstrap local" in ran.out) == (0, True, True)


Change = Callable[[FakeBackend], object]


def role(backend: FakeBackend, **more: Any) -> None:
    backend.place = replace(backend.place, endpoint=None)
    backend.caller.who = replace(backend.caller.who, arn=ROLE)
    for name, value in more.items():
        setattr(backend.caller, name, value)


def skew_clock(seconds: int) -> Change:
    return lambda backend: setattr(
        backend.caller, "who", Identity("0", "arn:aws:iam::0:root", NOON - timedelta(seconds=seconds))
    )


def table(billing: str) -> Change:
    return lambda backend: backend.tables.found.update({SESSIONS: Table(SESSIONS, billing, ())})


def function(**more: Any) -> Change:
    return lambda backend: setattr(backend.function_settings, "live", replace(FUNCTION, **more))


def limits(concurrency: int, unreserved: int, total: int = 0, used: int = 0) -> Change:
    return lambda backend: setattr(
        backend.function_settings, "account", AccountLimits(concurrency, unreserved, total, used)
    )


def alias(version: int, weights: dict[int, float] | None = None) -> Change:
    return lambda backend: setattr(backend.functions, "alias", Alias("live", version, "r", weights or {}))


def claim(orphaned: bool = False, **more: Any) -> Change:
    def change(backend: FakeBackend) -> None:
        backend.journal.holder = release(**more)
        backend.journal.orphaned = orphaned

    return change


def group_gone(backend: FakeBackend) -> None:
    backend.log_groups.gone = {"/aws/lambda/hybrid-ci-cd-local"}


def weights_alone(backend: FakeBackend) -> None:
    backend.functions.handlers[2] = FakeHandler(2)
    alias(1, {2: 0.1})(backend)


# What is planted, the finding's line, its fix, and the exit code.
TROUBLES: dict[str, tuple[Change, str, str, int]] = {
    "clock a minute off": (skew_clock(90), "warn  clock        90 s ahead of AWS's", "timedatectl", 0),
    "clock behind": (skew_clock(-400), "fail  clock        400 s behind AWS's", "timedatectl", 5),
    "bucket missing": (
        lambda backend: backend.foundation.missing.update(BucketPart),
        "fail  bucket       there is no state bucket",
        "hybridctl bootstrap local",
        5,
    ),
    "bucket half there": (
        lambda backend: backend.foundation.missing.update({BucketPart.VERSIONING, BucketPart.TLS}),
        "lacks: versioning, TLS only",
        "hybridctl bootstrap local",
        0,
    ),
    "errored state": (
        lambda backend: setattr(backend.terraform, "errored", Path("/x/errored.tfstate")),
        "an apply could not write its state",
        "hybridctl state push local",
        5,
    ),
    "state from a newer engine": (
        lambda backend: setattr(backend.state, "engine", "1.14.0"),
        "was written by Terraform 1.14.0",
        "install Terraform 1.14.0 or newer",
        5,
    ),
    "old lock": (
        lambda backend: setattr(backend.state, "locked", lock(90)),
        "warn  lock         locked for 90 min by ada@laptop (apply)",
        "hybridctl state unlock local",
        5,
    ),
    "fresh lock": (
        lambda backend: setattr(backend.state, "locked", lock(1)),
        "busy  lock         locked for 1 min",
        "hybridctl state unlock local",
        0,
    ),
    "release of a dead process": (claim(orphaned=True), "died half way", "hybridctl deploy local", 5),
    "release in progress": (claim(), "is in progress", "hybridctl status local --watch", 0),
    "canary left alone": (
        claim(rollout=Rollout("canary:10@5m", 1, 2, 0.1)),
        "shares the traffic (canary:10@5m)",
        "hybridctl promote local, or hybridctl abort local",
        0,
    ),
    "alias on a deleted version": (
        alias(7),
        "live points to version 7, which was deleted",
        "hybridctl rollback local --version 1",
        5,
    ),
    "weight on a deleted version": (alias(1, {3: 0.5}), "live points to version 3", "--version 1", 5),
    "weights that nobody moves": (
        weights_alone,
        "live serves version 1, 10% of requests version 2, and no release did that",
        "hybridctl rollback local --version 1",
        5,
    ),
    "alias gone": (
        lambda backend: setattr(backend.functions, "alias", None),
        "no longer exists",
        "hybridctl deploy local",
        5,
    ),
    "nothing reserved for it": (
        function(reserved=0),
        "reserved concurrency is 0: every request is throttled",
        "hybridctl deploy local",
        5,
    ),
    "reserved by hand": (
        function(reserved=5),
        "5 reserved, but Terraform set no reserved concurrency",
        "hybridctl deploy",
        5,
    ),
    "warming failed": (
        lambda backend: setattr(backend.functions, "warm", Provisioned(2, 0, "FAILED")),
        "0 of 2 environments warm: FAILED",
        "hybridctl deploy local",
        5,
    ),
    "code storage full": (limits(1000, 1000, 100, 95), "95% of the account's code storage", "releases prune local", 0),
    "billing mode": (
        table(PROVISIONED),
        f"{SESSIONS} is PROVISIONED, but Terraform set PAY_PER_REQUEST",
        "hybridctl deploy local",
        5,
    ),
    "table gone": (
        lambda backend: backend.tables.gone.add(SESSIONS),
        f"{SESSIONS} no longer exists",
        "hybridctl deploy local",
        5,
    ),
    "ttl off": (
        lambda backend: setattr(backend.tables, "ttl", TimeToLive("DISABLED")),
        f"TTL of {SESSIONS} is disabled, not on expires_at",
        "hybridctl deploy local",
        5,
    ),
    "ttl elsewhere": (
        lambda backend: setattr(backend.tables, "ttl", TimeToLive("ENABLED", "expiry")),
        "is on expiry, not on expires_at",
        "hybridctl deploy local",
        5,
    ),
    "log group gone": (
        group_gone,
        "the log group /aws/lambda/hybrid-ci-cd-local no longer exists",
        "hybridctl deploy local",
        5,
    ),
    "permissions missing": (
        lambda backend: role(backend, refused={"iam:PassRole"}),
        "denied: role: iam:PassRole",
        f"allow them for {ROLE}",
        5,
    ),
    "permissions of a release alone": (
        lambda backend: role(backend, refused={"dynamodb:Scan"}),
        "release actions are allowed; denied: sessions: dynamodb:Scan",
        f"allow them for {ROLE}",
        0,
    ),
    "permissions unknown": (
        lambda backend: role(backend, cannot_simulate=AwsRefused("access denied")),
        "cannot be simulated (access denied)",
        "",
        0,
    ),
    "expired credentials": (
        lambda backend: setattr(
            backend.caller,
            "fails",
            AwsRefused("asking AWS who we are: the credentials have expired", hint="aws sso login"),
        ),
        "the credentials have expired",
        "aws sso login",
        5,
    ),
}


@pytest.mark.parametrize("name", TROUBLES)
def test_a_trouble_is_named_with_its_fix(hybridctl, name):
    plant, line, fix, code = TROUBLES[name]
    backend = well()
    plant(backend)
    ran = hybridctl("doctor", "local", backend=backend)
    message = " ".join(ran.out.split())
    assert " ".join(line.split()) in message
    assert fix in message
    assert ran.code == code
    assert "Traceback" not in ran.err


def test_the_doctor_does_not_send_anyone_to_the_doctor(hybridctl):
    backend = well()
    backend.caller.fails = AwsRefused("asking AWS: no answer", hint="hybridctl doctor checks the connection to AWS")
    text = hybridctl("doctor", "local", backend=backend).out
    assert "hybridctl doctor checks" not in text
    assert "→ check the network" in text


def test_an_engine_that_is_missing_is_reported_once(hybridctl):
    backend = well()
    missing = EngineMissing("no Terraform engine", hint="install terraform 1.10")

    def none() -> Any:
        raise missing

    backend.terraform.engine = none  # type: ignore[method-assign]
    ran = hybridctl("doctor", "local", backend=backend, prerequisites=FakePrerequisites({"engine": missing}))
    assert ran.out.count("no Terraform engine") == 1
    assert "ok engine's age" in " ".join(ran.out.split())


def test_the_root_users_credentials_are_advised_against(hybridctl):
    backend = well()
    backend.place = replace(backend.place, endpoint=None)
    assert "these are the root user's credentials" in hybridctl("doctor", "staging", backend=backend).out


MACHINE: dict[str, tuple[HybridctlError, str]] = {
    "engine": (EngineMissing("no Terraform engine: terraform: not on PATH", hint="install terraform 1.10"), "local"),
    "git": (NotFound("git is not on PATH", hint="install git"), "local"),
    "private_folder": (FileUnwritable(".hybridctl: only 0.2 GB free", hint="make room"), "local"),
    "source": (ConfigurationInvalid("there is no folder lambda_src", hint="correct function.source"), "local"),
    "sandbox": (SandboxFailed("the sandbox's packages are not installed", hint="pip install"), "local"),
    "proxy": (NotFound("the proxy p:3128 of HTTPS_PROXY does not answer", hint="unset HTTPS_PROXY"), "staging"),
}


@pytest.mark.parametrize("name", MACHINE)
def test_what_this_machine_lacks_is_named(hybridctl, name):
    trouble, environment = MACHINE[name]
    ran = hybridctl("doctor", environment, backend=well(), prerequisites=FakePrerequisites({name: trouble}))
    message = " ".join(ran.out.split())
    assert f"fail {'disk' if name == 'private_folder' else name} {trouble}" in message
    assert f"→ {trouble.hint}" in message
    assert f"{environment} is healthy, not ready for a deploy: 1 failed" in message
    assert ran.code == 5


def test_a_quota_too_small_for_what_is_reserved_says_how_much_is_enough(hybridctl, golden):
    backend = well()
    backend.function_settings.account = AccountLimits(1000, 150)
    checkout = FakeCheckout(set_values={"production": {"lambda_reserved_concurrency": 100}})
    golden("doctor-quota.txt", hybridctl("doctor", "production", backend=backend, checkout=checkout).transcript)


def test_a_new_accounts_ten_executions_are_reported_and_fail_nothing(hybridctl):
    backend = well()
    backend.function_settings.account = AccountLimits(10, 10)
    backend.place = replace(backend.place, endpoint=None)
    ran = hybridctl("doctor", "staging", backend=backend)
    assert (ran.code, "10 of 10 executions unreserved: the limit of a new account" in " ".join(ran.out.split())) == (
        0,
        True,
    )


def test_what_it_has_reserved_already_counts_as_its_own(hybridctl):
    backend = well()
    backend.function_settings.account = AccountLimits(1000, 150)
    backend.function_settings.live = replace(FUNCTION, reserved=100)
    checkout = FakeCheckout(set_values={"local": {"lambda_reserved_concurrency": 100}})
    text = hybridctl("doctor", "local", backend=backend, checkout=checkout).out
    assert "ok quota" in " ".join(text.split())


def test_fix_removes_plans_of_dead_runs_and_gives_up_their_claim(hybridctl, golden):
    backend = well()
    claim(orphaned=True)(backend)
    prerequisites = FakePrerequisites(dead_plans=["local-999999.tfplan"])
    assert hybridctl("doctor", backend=backend, prerequisites=prerequisites).code == 5
    ran = hybridctl("doctor", "--fix", backend=backend, prerequisites=prerequisites)
    golden("doctor-fixed.txt", ran.transcript)
    assert (backend.journal.holder, prerequisites.dead_plans) == (None, [])


def test_fix_completes_the_bucket_where_no_consent_is_needed_and_nowhere_else(hybridctl):
    backend = well()
    backend.foundation.missing = {BucketPart.TLS}
    assert "created: TLS only" in hybridctl("doctor", "local", "--fix", backend=backend).out
    backend.foundation.missing = {BucketPart.TLS}
    hybridctl("doctor", "staging", "--fix", backend=backend)
    assert backend.foundation.missing == {BucketPart.TLS}


def test_fix_leaves_a_rollout_and_a_living_release_alone(hybridctl):
    for plant in (claim(), claim(orphaned=True, rollout=Rollout("canary:10@5m", 1, 2, 0.1))):
        backend = well()
        plant(backend)
        hybridctl("doctor", "--fix", backend=backend)
        assert backend.journal.holder is not None


def test_it_is_json_too(hybridctl):
    ran = hybridctl("--output", "json", "doctor", backend=FakeBackend())
    assert '"level": "warn"' in ran.out


def test_doctor_names_another_python_than_the_functions(hybridctl):
    seen = hybridctl("doctor", "local", prerequisites=FakePrerequisites(runs_on="3.11.7"))
    assert "python3.13 is not installed on this machine: the sandbox uses Python 3.11.7" in " ".join(seen.out.split())
    assert "uv python install 3.13" in seen.out


def test_quota_advice_fits_a_new_account_and_names_only_variables_of_the_project(hybridctl):
    backend = well()
    backend.place = replace(backend.place, endpoint=None)
    backend.function_settings.account = AccountLimits(10, 10)
    own = {"lambda_reserved_concurrency": 100, "lambda_provisioned_concurrency": 2}
    checkout = FakeCheckout(set_values={"production": own})
    message = " ".join(hybridctl("doctor", "production", backend=backend, checkout=checkout).out.split())
    assert "10 must stay unreserved" in message
    advice = "--var lambda_reserved_concurrency=-1 --var lambda_provisioned_concurrency=0"
    assert f"until then: hybridctl deploy production {advice}" in message
    warm = FakeCheckout(set_values={"production": {"lambda_provisioned_concurrency": 2}})
    message = " ".join(hybridctl("doctor", "production", backend=backend, checkout=warm).out.split())
    assert "hybridctl deploy production --var lambda_provisioned_concurrency=0" in message
    assert "lambda_reserved_concurrency" not in message


@pytest.mark.parametrize("name", TROUBLES)
def test_doctor_has_the_verdict_of_status(hybridctl, name):
    backend = well()
    TROUBLES[name][0](backend)
    if backend.caller.fails or backend.caller.refused or backend.caller.cannot_simulate:
        return  # of the caller, which status does not judge
    doctor = json.loads(hybridctl("--output", "json", "doctor", "local", backend=backend).out)
    status = json.loads(hybridctl("--output", "json", "status", "local", backend=backend).out)
    assert doctor["verdict"] == status["verdict"]
    found = {one["name"]: (one["level"], one["detail"], one["fix"]) for one in doctor["findings"]}
    assert {one["name"] for one in status["findings"]} <= set(found)
    for one in status["findings"]:
        assert found[one["name"]] == (one["level"], one["detail"], one["fix"])


def test_values_that_aws_would_refuse_are_shown_before_any_plan(hybridctl):
    function = {"address": "aws_lambda_function.this", "type": "aws_lambda_function", "values": {"memory_size": 64}}
    ran = hybridctl("doctor", backend=well(), checkout=FakeCheckout(declared_resources=[function]))
    assert ran.code == 5
    assert "aws_lambda_function.this: memory_size is 64 MB, but Lambda allows 128 to 10240" in " ".join(ran.out.split())
