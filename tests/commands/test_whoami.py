"""`hybridctl whoami`: account, role and the source of the credentials."""

import json

from fakes import FakeBackend
from fakes.settings import FakeCaller
from hybridctl.domain.identity import Identity

CI = "arn:aws:sts::111122223333:assumed-role/hybrid-ci-cd-production-ci/run"


def acting(arn):
    return FakeBackend(caller=FakeCaller(Identity(arn.split(":")[4], arn)))


def test_whoami_names_account_role_and_source(hybridctl, golden):
    ran = hybridctl("whoami", "production", backend=acting(CI))
    assert ran.code == 0
    golden("whoami.txt", ran.transcript)


def test_whoami_of_another_account_says_so_and_ends_with_6(hybridctl):
    ran = hybridctl("whoami", "production", backend=acting(CI.replace("1111", "9999")))
    assert ran.code == 6
    assert "production belongs to account 111122223333" in ran.out
    assert "--profile NAME" in ran.out


def test_the_role_is_named_as_iam_names_it(hybridctl):
    found = json.loads(hybridctl("whoami", "production", "--json", backend=acting(CI)).out)
    assert found["role"] == "arn:aws:iam::111122223333:role/hybrid-ci-cd-production-ci"
    user = json.loads(hybridctl("whoami", "local", "--json", backend=acting("arn:aws:iam::1:user/ada")).out)
    assert user["role"] is None
