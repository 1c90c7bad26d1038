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
from hybridctl.domain.iam.ci_role import CiAccessPlan, CiPart, Missing, ci_access
from hybridctl.domain.iam.subject import make_subject
from hybridctl.errors import AwsRefused

ACCOUNT = "123456789012"
PLACE = Place("staging", ACCOUNT, "eu-west-1")


def make_plan(repository: str) -> CiAccessPlan:
    subject = make_subject(f"repo:{repository}:environment:{{environment}}")
    return ci_access(Names("hybrid-ci-cd", "staging"), PLACE, subject, is_protected=False)


OURS = make_plan("acme/backend")
NAME = "hybrid-ci-cd-ci-staging"


@pytest.fixture
def iam() -> Iterator[Any]:
    with mock_aws():
        yield boto3.client("iam", region_name="eu-west-1", aws_access_key_id="x", aws_secret_access_key="x")


def access(iam: Any) -> IamCiAccess:
    return IamCiAccess(lambda: iam)


def complete(iam: Any, asked: CiAccessPlan = OURS) -> tuple[Missing, ...]:
    """Make what is missing, and say what it was."""
    found = access(iam).look(asked)
    for missing in found:
        access(iam).make(missing, asked)
    assert access(iam).look(asked) == ()
    return found


def test_everything_is_made_once(iam):
    assert complete(iam) == (
        Missing(CiPart.PROVIDER),
        Missing(CiPart.BOUNDARY),
        Missing(CiPart.ROLE, NAME),
        Missing(CiPart.PERMISSIONS, NAME),
    )
    assert complete(iam) == ()
    assert iam.get_role(RoleName=NAME)["Role"]["AssumeRolePolicyDocument"] == OURS.roles[0].trust


def test_what_hybridctl_wrote_follows_what_is_asked_for(iam):
    complete(iam, make_plan("acme/elsewhere"))
    iam.delete_role_policy(RoleName=NAME, PolicyName="hybridctl")
    assert complete(iam) == (Missing(CiPart.TRUST, NAME), Missing(CiPart.PERMISSIONS, NAME))
    assert complete(iam) == ()


def test_what_someone_changed_since_is_shown_as_theirs(iam):
    complete(iam)
    theirs = make_plan("acme/elsewhere").roles[0]
    iam.update_assume_role_policy(RoleName=NAME, PolicyDocument=json.dumps(theirs.trust))
    assert access(iam).look(OURS) == (Missing(CiPart.TRUST, NAME, theirs.trust),)
    complete(iam)  # as --overwrite does
    assert access(iam).look(OURS) == ()


def test_a_boundary_that_someone_has_widened_stays(iam):
    complete(iam)
    wider = json.dumps(OURS.roles[0].permissions)
    iam.create_policy_version(PolicyArn=OURS.boundary.arn, PolicyDocument=wider, SetAsDefault=True)
    assert access(iam).look(OURS) == ()


def test_a_provider_that_others_use_only_learns_our_audience():
    client = boto3.client("iam", region_name="eu-west-1", aws_access_key_id="x", aws_secret_access_key="x")
    which = {"OpenIDConnectProviderArn": OURS.provider}
    with Stubber(client) as stubber:
        stubber.add_response("get_open_id_connect_provider", {"ClientIDList": ["theirs"]}, which)
        asked = {**which, "ClientID": "sts.amazonaws.com"}
        stubber.add_response("add_client_id_to_open_id_connect_provider", {}, asked)
        access(client).make(Missing(CiPart.PROVIDER), OURS)
        stubber.assert_no_pending_responses()


def test_a_role_that_someone_else_made_is_refused(iam):
    iam.create_role(RoleName=NAME, AssumeRolePolicyDocument='{"Version": "2012-10-17", "Statement": []}')
    with pytest.raises(AwsRefused, match=f"hybridctl did not create the existing role {NAME}"):
        access(iam).look(OURS)
