"""What IAM refuses in a policy; moto, whose messages were recorded from IAM, is the witness."""

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError
from moto.iam.exceptions import MalformedPolicyDocument
from moto.iam.policy_validation import IAMPolicyDocumentValidator

from hybridctl.sandbox.cloud.policy_grammar import find_fault, list_trusted_services
from sandbox.cloud.functions import unique

ALLOW = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}
TRUST = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "lambda.amazonaws.com"}}


def policy(*statements: Any, **more: Any) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements), **more})


def without(name: str) -> dict[str, Any]:
    return {key: value for key, value in ALLOW.items() if key != name}


WITNESSED = [
    policy(ALLOW),
    policy({**ALLOW, "Sid": "one"}, {**ALLOW, "Sid": "two"}),
    policy({"Effect": "Deny", "NotAction": ["iam:*"], "NotResource": ["arn:aws:s3:::b/*"]}),
    policy({**ALLOW, "Condition": {"ForAnyValue:StringLikeIfExists": {"aws:x": ["y"]}}}),
    "{",
    "[]",
    policy(ALLOW, Other=1),
    policy({**ALLOW, "Actions": "s3:*"}),
    policy({**ALLOW, "Effect": "Permit"}),
    policy(without("Effect")),
    policy(without("Action")),
    policy(without("Resource")),
    policy({**ALLOW, "Resource": []}),
    policy({**ALLOW, "Action": []}),
    policy({**ALLOW, "NotAction": "s3:*"}),
    policy({**ALLOW, "Condition": {"StringEqual": {"aws:x": "y"}}}),
    policy({**ALLOW, "Sid": "one"}, {**ALLOW, "Sid": "one"}),
    policy({**ALLOW, "Resource": "bucket"}),
    policy({**ALLOW, "Resource": "arn:was:s3:::bucket"}),
    policy({**ALLOW, "Resource": "arn:aws"}),
    policy({**ALLOW, "Action": "GetObject"}),
    policy({**ALLOW, "Action": "s3:Get:Object"}),
    policy({**ALLOW, "Action": "s 3:GetObject"}),
    json.dumps({"Statement": [ALLOW]}),
    json.dumps({"Version": "2024-01-01", "Statement": [ALLOW]}),
]


@pytest.mark.parametrize("document", WITNESSED)
def test_a_policy_is_judged_as_by_moto(document):
    try:
        IAMPolicyDocumentValidator(document).validate()
        expected = ""
    except MalformedPolicyDocument as refused:
        expected = refused.message
    assert find_fault(document) == expected


@pytest.mark.parametrize(
    ("document", "is_trust", "expected"),
    [
        (policy({**ALLOW, "Sid": "allow-read"}), False, "Statement IDs (SID) must be alpha-numeric."),
        (policy({**ALLOW, "Principal": "*"}), False, "Policy document should not specify a principal."),
        (policy(TRUST), True, ""),
        (policy(TRUST, Version="2008-10-17"), True, ""),
        (policy({**TRUST, "Resource": "*"}), True, "Has prohibited field Resource"),
        (policy({**TRUST, "Action": "lambda:InvokeFunction"}), True, "may only specify STS AssumeRole actions"),
        (policy({"Effect": "Allow", "Action": "sts:AssumeRole"}), True, "Missing required field Principal"),
        ("[" * 100_000, False, "Syntax errors in policy."),
    ],
)
def test_what_moto_does_not_judge(document, is_trust, expected):
    fault = find_fault(document, is_trust=is_trust)
    assert expected in fault
    assert bool(fault) is bool(expected)


def test_the_services_that_a_trust_policy_names():
    assert list(list_trusted_services(policy(TRUST))) == ["lambda.amazonaws.com"]
    assert list(list_trusted_services(policy({**TRUST, "Principal": {"Service": ["a", "b"]}}))) == ["a", "b"]
    assert list(list_trusted_services(policy({**TRUST, "Effect": "Deny"}, {**TRUST, "Principal": "*"}))) == []
    assert list(list_trusted_services("{")) == []


def test_a_faulty_policy_is_refused_and_a_role_has_10240_characters(sandbox):
    iam, role = sandbox.client("iam"), unique("role")
    iam.create_role(RoleName=role, AssumeRolePolicyDocument=policy(TRUST))
    put = {"RoleName": role, "PolicyName": "one"}
    with pytest.raises(iam.exceptions.MalformedPolicyDocumentException, match="must be in ARN format"):
        iam.put_role_policy(**put, PolicyDocument=policy({**ALLOW, "Resource": "bucket"}))
    with pytest.raises(iam.exceptions.MalformedPolicyDocumentException, match="prohibited field"):
        iam.update_assume_role_policy(RoleName=role, PolicyDocument=policy({**TRUST, "Resource": "*"}))
    buckets = [f"arn:aws:s3:::{'b' * 58}{number:03}" for number in range(85)]
    large = policy({**ALLOW, "Resource": buckets})
    iam.put_role_policy(**put, PolicyDocument=large)
    iam.put_role_policy(**put, PolicyDocument=large)
    with pytest.raises(ClientError, match="Maximum policy size of 10240 bytes exceeded"):
        iam.put_role_policy(RoleName=role, PolicyName="two", PolicyDocument=large)
    with pytest.raises(ClientError, match="exceed quota for PolicySize: 6144"):
        iam.create_policy(PolicyName=unique("p"), PolicyDocument=large)
