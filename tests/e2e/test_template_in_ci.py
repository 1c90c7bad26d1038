"""The production root of the template `http`, deployed by an engineer's role and by CI's, every call decided by IAM."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from domain.iam.web_identity import take_role
from e2e.conftest import Clone
from fakes.sandbox_clients import client_of
from hybridctl.sandbox.home import ACCOUNT

BOUNDARY = f"arn:aws:iam::{ACCOUNT}:policy/shop-boundary-local"
SUBJECT = "repo:acme@123456/backend@456789:environment:local"


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Clone]:
    """A new backend whose local root is production's own."""
    work, home = tmp_path / "work", tmp_path / "home"
    work.mkdir()
    home.mkdir()
    Clone(work, home).must("init", "shop")
    made = Clone(work / "shop", home)
    production = (made.root / "infra/production/main.tf").read_text(encoding="utf-8")
    made.edit("infra/local/main.tf", lambda _: production.replace('"production"', '"local"'))
    made.must("sandbox", "start", "--enforce-iam")
    yield made
    made.run("sandbox", "stop")


def make_engineer(shop: Clone) -> str:
    """The key of a role with the policies that `bootstrap --policies` writes, and no more."""
    shop.must("bootstrap", "local", "--policies", "policies")
    iam, sts = (client_of(shop.exports, service) for service in ("iam", "sts"))
    trust = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}}
    role = iam.create_role(RoleName="engineers", AssumeRolePolicyDocument=json.dumps({"Statement": [trust]}))["Role"]
    for path in (shop.root / "policies").iterdir():
        policy = iam.create_policy(PolicyName=path.stem, PolicyDocument=path.read_text(encoding="utf-8"))["Policy"]
        iam.attach_role_policy(RoleName=role["RoleName"], PolicyArn=policy["Arn"])
    key = sts.assume_role(RoleArn=role["Arn"], RoleSessionName="ada")["Credentials"]
    return f"{key['AccessKeyId']}:{key['SecretAccessKey']}:{key['SessionToken']}"


def test_the_documented_roles_are_enough_for_it(shop: Clone) -> None:
    engineer = {"HYBRIDCTL_SANDBOX_KEY": make_engineer(shop)}
    shop.must("deploy", "local", env=engineer)
    shop.must("bootstrap", "local", "--ci", "acme@123456/backend@456789", "--yes", env=engineer)

    claims = {"sub": SUBJECT, "ref": "refs/heads/main"}
    ci = {"HYBRIDCTL_SANDBOX_KEY": take_role(shop.exports, "shop-ci-local", claims)}
    shop.edit("app/main.py", lambda text: text.replace('"healthy"', '"healthy", "edition": 2'))
    released = shop.must("deploy", "local", "--var", f"permissions_boundary={BOUNDARY}", env=ci)
    assert "version   2" in released.out
    shop.must("rollback", "local", env=ci)
