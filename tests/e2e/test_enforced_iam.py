"""The life of an environment under each documented role, with every call decided by IAM: hybridctl's and Terraform's.

The sandbox decides; the roles have the documented policies, and those of CI are taken with a token of GitHub. What was
asked is compared with tests/domain/iam/recorded_calls.json, from which faster tests take each statement away.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from domain.iam.recorded import decisions_of, read_calls, write_calls
from domain.iam.web_identity import DENIED, take_role
from e2e.conftest import HANDLER, Clone, Run
from fakes.sandbox_clients import client_of
from hybridctl.sandbox.home import ACCOUNT, Home

ROLES = {
    "engineer": "engineers",
    "ci": "hybrid-ci-cd-ci-local",
    "plan": "hybrid-ci-cd-ci-plan-local",
    "function": "hybrid-ci-cd-function-local",
}
SUBJECT = "repo:acme@123456/backend@456789:environment:{}"
VALUES = ("dynamodb_deletion_protection=false", "token_verification=trusted")
PRODUCTION = ("--as", "production", *(word for value in VALUES for word in ("--var", value)))
BOUNDARY = f"arn:aws:iam::{ACCOUNT}:policy/hybrid-ci-cd-boundary-local"
BOUNDED = (*PRODUCTION, "--var", f"permissions_boundary={BOUNDARY}")
LOGIN = {"user_id": "ada", "provider": "google", "oauth_tokens": {"access_token": "x"}, "user_info": {"email": "a@b.c"}}
CI = ("--ci", "acme@123456/backend@456789")


@dataclass
class Enforced:
    """A checkout whose sandbox enforces IAM; `keys` by role, as HYBRIDCTL_SANDBOX_KEY."""

    clone: Clone
    keys: dict[str, str]

    def run(self, role: str, *argv: str) -> Run:
        return self.clone.run(*argv, env={"HYBRIDCTL_SANDBOX_KEY": self.keys[role]})

    def must(self, role: str, *argv: str) -> Run:
        ran = self.run(role, *argv)
        assert ran.code == 0, f"as {role}: hybridctl {' '.join(argv)}: {ran.all}"
        return ran

    def owner(self, service: str) -> Any:
        return client_of(self.clone.exports, service)

    @property
    def decisions(self) -> Path:
        return Home(self.clone.root / ".hybridctl" / "sandbox").decisions

    def take_web_role(self, name: str, **claims: str) -> str:
        return take_role(self.clone.exports, name, claims)


@pytest.fixture(scope="module")
def enforced(clone: Clone) -> Enforced:
    clone.must("sandbox", "start", "--enforce-iam")
    made = Enforced(clone, {})
    clone.must("bootstrap", "local", "--policies", "policies")
    iam = made.owner("iam")
    trust = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}}
    iam.create_role(RoleName="engineers", AssumeRolePolicyDocument=json.dumps({"Statement": [trust]}))
    for path in (clone.root / "policies").iterdir():
        policy = iam.create_policy(PolicyName=path.stem, PolicyDocument=path.read_text())["Policy"]
        iam.attach_role_policy(RoleName="engineers", PolicyArn=policy["Arn"])
    session = made.owner("sts").assume_role(RoleArn=f"arn:aws:iam::{ACCOUNT}:role/engineers", RoleSessionName="ada")
    key = session["Credentials"]
    made.keys["engineer"] = ":".join((key["AccessKeyId"], key["SecretAccessKey"], key["SessionToken"]))
    return made


def test_an_engineer_configures_production_and_makes_the_roles_of_ci(enforced: Enforced):
    ran = enforced.must("engineer", "deploy", "local", *PRODUCTION)
    assert "version   1" in ran.out
    protected = "sandbox = true\nprotected = true"
    enforced.clone.edit("hybridctl.toml", lambda text: text.replace("sandbox = true", protected))
    made = enforced.must("engineer", "bootstrap", "local", *CI, "--yes")
    assert f'\n  permissions_boundary = "{BOUNDARY}"\n' in made.out


@pytest.mark.parametrize(
    "claims",
    [
        {"sub": SUBJECT.format("plan-local"), "ref": "refs/heads/main"},
        {"sub": SUBJECT.format("local"), "ref": "refs/heads/evil"},
        {"sub": SUBJECT.format("local"), "ref": "refs/pull/1/merge"},
        {"sub": SUBJECT.format("local")},
        {"sub": "repo:acme/backend:environment:local", "ref": "refs/heads/main"},
        {"sub": "repo:mallory@1/backend@2:environment:local", "ref": "refs/heads/main"},
        {"sub": SUBJECT.format("local"), "ref": "refs/heads/main", "aud": "https://github.com/acme"},
        {"sub": SUBJECT.format("local"), "ref": "refs/heads/main", "iss": "https://token.example.com"},
    ],
    ids=["other environment", "other branch", "pull request", "no branch", "old form", "fork", "audience", "issuer"],
)
def test_no_other_token_of_github_takes_the_role(enforced: Enforced, claims: dict[str, str]):
    assert DENIED in enforced.take_web_role(ROLES["ci"], **claims)


def test_ci_plans_with_one_role_and_deploys_that_plan_with_the_other(enforced: Enforced):
    for key, role, job in (("ci", ROLES["ci"], "local"), ("plan", ROLES["plan"], "plan-local")):
        enforced.keys[key] = enforced.take_web_role(role, sub=SUBJECT.format(job), ref="refs/heads/main")
    enforced.clone.edit(HANDLER, lambda text: f"{text}\n# the second version\n")
    enforced.must("plan", "plan", "local", *BOUNDED, "--out", "release.plan")
    refused = enforced.run("plan", "deploy", "local", "--plan", "release.plan", "--yes", "--strategy", "all-at-once")
    assert (refused.code, refused.err.count("not authorized to perform: s3:PutObject")) == (1, 1), refused.all
    released = enforced.must("ci", "deploy", "local", "--plan", "release.plan", "--yes", "--strategy", "all-at-once")
    assert "version   2" in released.out
    enforced.must("ci", "smoke", "local")
    assert enforced.run("ci", "doctor", "local").code in (0, 5)
    enforced.must("ci", "rollback", "local", "--yes", "--reason", "rehearsal")
    for command in ("status", "metrics", "logs", "alarms", "releases", "outputs", "drift", "doctor"):
        enforced.must("plan", command, "local")


def test_ci_is_refused_a_destroy_before_it_begins(enforced: Enforced):
    enforced.clone.edit("hybridctl.toml", lambda text: text.replace("\nprotected = true", ""))
    for role in ("ci", "plan"):
        refused = enforced.run(role, "destroy", "local", "--yes")
        assert refused.code == 1
        assert "would fail half way, so nothing was changed" in refused.err
        assert "dynamodb:DeleteTable" in refused.err
    assert enforced.run("engineer", "status", "local").code == 0


def test_a_first_deploy_of_ci_makes_everything_within_its_boundary(enforced: Enforced):
    """From nothing: each resource is made, not only changed."""
    enforced.must("engineer", "destroy", "local", "--yes")
    assert enforced.run("engineer", "status", "local").code == 3
    unbounded = enforced.run("ci", "deploy", "local", *PRODUCTION, "--strategy", "all-at-once")
    assert unbounded.code == 1
    assert "is not authorized to perform: iam:CreateRole" in unbounded.err
    enforced.must("ci", "deploy", "local", *BOUNDED, "--strategy", "all-at-once")


def test_an_engineer_operates_it(enforced: Enforced):
    clone = enforced.clone
    session = httpx.post(f"{clone.endpoint}/auth/session", json=LOGIN).raise_for_status().json()["session_id"]
    for line in (
        "doctor local",
        "status local --drift",
        "smoke local",
        "logs local --access --limit 5",
        "logs query slowest local",
        "metrics local",
        "alarms list local",
        "alarms history local",
        "cost local",
        "state list local",
        "troubleshoot cold-starts local",
        "troubleshoot throttling local",
        f"sessions show --env local -- {session}",
        "sessions list ada --env local",
        "sessions scan --env local",
        "sessions revoke ada --env local --yes",
        "bootstrap local --dry-run",
    ):
        enforced.must("engineer", *line.split())
    bucket = f"hybrid-ci-cd-tfstate-{ACCOUNT}-us-east-1"
    enforced.owner("s3").put_object(Bucket=bucket, Key="hybrid-ci-cd-local/terraform.tfstate", Body=b"{")
    enforced.must("engineer", "state", "restore", "local", "--yes")


def test_an_engineer_moves_traffic(enforced: Enforced):
    clone = enforced.clone
    clone.edit(HANDLER, lambda text: f"{text}\n# to be promoted\n")
    enforced.must("engineer", "deploy", "local", *BOUNDED, "--strategy", "blue-green")
    enforced.must("engineer", "promote", "local")
    clone.edit(HANDLER, lambda text: f"{text}\n# to be taken back\n")
    enforced.must("engineer", "deploy", "local", *BOUNDED, "--strategy", "blue-green")
    enforced.must("engineer", "abort", "local")
    enforced.must("engineer", "rollback", "local", "--yes")
    enforced.must("engineer", "releases", "prune", "local", "--keep", "1", "--yes")


def test_a_denied_call_of_terraform_is_one_clear_line(enforced: Enforced):
    """CI's role without one of its statements."""
    iam, name = enforced.owner("iam"), {"RoleName": ROLES["ci"], "PolicyName": "hybridctl"}
    whole = iam.get_role_policy(**name)["PolicyDocument"]
    less = {**whole, "Statement": [one for one in whole["Statement"] if one["Sid"] != "WriteAlarms"]}
    iam.put_role_policy(**name, PolicyDocument=json.dumps(less))
    ran = enforced.run("ci", "deploy", "local", *BOUNDED, "--var", "alarm_p99_duration_ms=2000")
    iam.put_role_policy(**name, PolicyDocument=json.dumps(whole))
    text = [line for line in ran.err.splitlines() if line.startswith("error: ")]
    assert ran.code == 1
    assert len(text) == 1
    assert "is not authorized to perform: cloudwatch:PutMetricAlarm on resource: arn:aws:cloudwatch:" in text[0], (
        ran.all
    )


def test_the_function_does_what_its_role_may_and_no_more(enforced: Enforced):
    iam, name = enforced.owner("iam"), ROLES["function"]
    [policy] = iam.list_role_policies(RoleName=name)["PolicyNames"]
    whole = iam.get_role_policy(RoleName=name, PolicyName=policy)["PolicyDocument"]
    kept = [one for one in whole["Statement"] if "logs:PutLogEvents" in one["Action"]]
    iam.put_role_policy(RoleName=name, PolicyName=policy, PolicyDocument=json.dumps({**whole, "Statement": kept}))
    answer = httpx.post(f"{enforced.clone.endpoint}/auth/session", json=LOGIN)
    iam.put_role_policy(RoleName=name, PolicyName=policy, PolicyDocument=json.dumps(whole))
    assert answer.status_code >= httpx.codes.INTERNAL_SERVER_ERROR
    assert {call.action.partition(":")[0] for call in decisions_of(enforced.decisions, name, allowed=False)} == {
        "dynamodb"
    }
    httpx.post(f"{enforced.clone.endpoint}/auth/session", json=LOGIN).raise_for_status()


def test_what_was_asked_is_what_is_recorded(enforced: Enforced, request: pytest.FixtureRequest):
    asked = {role: decisions_of(enforced.decisions, name) for role, name in ROLES.items()}
    if request.config.getoption("--update-golden"):
        write_calls(asked)
    for role, calls in read_calls().items():
        assert sorted(asked[role] - set(calls)) == [], f"asked as {role} and not recorded: run with --update-golden"
        assert sorted(set(calls) - asked[role]) == [], f"recorded for {role} and not asked any more"


def test_the_real_provider_asks_for_no_other_permission(enforced: Enforced, mirror: Path, tmp_path: Path):
    """hashicorp/aws configures production from nothing as CI's role, with every call decided."""
    enforced.must("engineer", "destroy", "local", "--yes")
    configuration = tmp_path / "terraformrc"
    configuration.write_text(f'provider_installation {{\n  filesystem_mirror {{\n    path = "{mirror}"\n  }}\n}}\n')
    enforced.clone.more = {"TF_CLI_CONFIG_FILE": str(configuration)}
    enforced.must("ci", "deploy", "local", *BOUNDED, "--strategy", "all-at-once", "--provider", "hashicorp")
    enforced.must("engineer", "destroy", "local", "--yes")
    more = decisions_of(enforced.decisions, ROLES["ci"]) - set(read_calls()["ci"])
    assert {call.action for call in more} <= {"lambda:GetFunctionCodeSigningConfig"}
