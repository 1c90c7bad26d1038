"""CI's identity provider and roles, on moto."""

import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber
from moto import mock_aws

from hybridctl.adapters.aws.ci_access import IamCiAccess
from hybridctl.domain.environment import Names, Place
from hybridctl.domain.iam.ci_role import CiPart, Missing, ci_roles, provider_arn
from hybridctl.errors import AwsRefused

ACCOUNT = "123456789012"
PLACE = Place("staging", ACCOUNT, "eu-west-1")
ROLES = ci_roles(Names("hybrid-ci-cd", "staging"), PLACE, "acme/backend", is_protected=False)
NAME = "hybrid-ci-cd-ci-staging"


@pytest.fixture
def iam() -> Iterator[Any]:
    with mock_aws():
        yield boto3.client("iam", region_name="eu-west-1", aws_access_key_id="x", aws_secret_access_key="x")


def access(iam: Any) -> IamCiAccess:
    return IamCiAccess(lambda: iam, account=ACCOUNT)


def complete(iam: Any) -> tuple[Missing, ...]:
    """Make what is missing, and say what it was."""
    found = access(iam).look(ROLES)
    for missing in found:
        access(iam).make(missing, ROLES)
    assert access(iam).look(ROLES) == ()
    return found


def test_everything_is_made_once(iam):
    assert complete(iam) == (
        Missing(CiPart.PROVIDER),
        Missing(CiPart.ROLE, NAME),
        Missing(CiPart.PERMISSIONS, NAME),
    )
    assert complete(iam) == ()
    assert iam.get_role(RoleName=NAME)["Role"]["AssumeRolePolicyDocument"] == ROLES[0].trust


def test_what_is_half_there_is_completed(iam):
    complete(iam)
    iam.delete_role_policy(RoleName=NAME, PolicyName="hybridctl")
    [elsewhere] = ci_roles(Names("hybrid-ci-cd", "staging"), PLACE, "acme/elsewhere", is_protected=False)
    iam.update_assume_role_policy(RoleName=NAME, PolicyDocument=json.dumps(elsewhere.trust))
    assert complete(iam) == (Missing(CiPart.TRUST, NAME), Missing(CiPart.PERMISSIONS, NAME))


def test_a_provider_that_others_use_only_learns_our_audience():
    client = boto3.client("iam", region_name="eu-west-1", aws_access_key_id="x", aws_secret_access_key="x")
    which = {"OpenIDConnectProviderArn": provider_arn(ACCOUNT)}
    with Stubber(client) as stubber:
        stubber.add_response("get_open_id_connect_provider", {"ClientIDList": ["theirs"]}, which)
        asked = {**which, "ClientID": "sts.amazonaws.com"}
        stubber.add_response("add_client_id_to_open_id_connect_provider", {}, asked)
        access(client).make(Missing(CiPart.PROVIDER), ROLES)
        stubber.assert_no_pending_responses()


def test_a_role_that_somebody_else_made_is_refused(iam):
    iam.create_role(RoleName=NAME, AssumeRolePolicyDocument='{"Version": "2012-10-17", "Statement": []}')
    with pytest.raises(AwsRefused, match=f"there is a role {NAME} that hybridctl did not make"):
        access(iam).look(ROLES)
