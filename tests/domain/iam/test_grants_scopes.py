"""Each statement is on resources, and under conditions, that AWS evaluates for its actions."""

import ast
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from policy_sentry.querying.actions import get_actions_for_service

from domain.iam.evaluator import Policies
from domain.iam.reference import ON_A_RESOURCE, ONLY_ON_EVERYTHING, UNLISTED, can_be, look_up
from hybridctl.domain.environment import Names, Place
from hybridctl.domain.iam.boundary import boundary
from hybridctl.domain.iam.ci_role import ci_access
from hybridctl.domain.iam.engineer import engineer_policies
from hybridctl.domain.iam.grants import Grant, grants
from hybridctl.domain.iam.policy import INLINE_POLICIES_LIMIT, MANAGED_POLICY_LIMIT, document, size
from hybridctl.domain.iam.subject import Subject

REPOSITORY = Path(__file__).resolve().parents[3]
NAMES = Names("hybrid-ci-cd", "staging", workers=("worker",))
PLACE = Place("staging", "123456789012", "us-east-1")
TABLE = tuple(grants(NAMES, PLACE, bounded=True))
PAIRS = [(grant, action) for grant in TABLE for action in grant.called]
POLICIES = Policies([document(TABLE)])
IDS = [f"{grant.sid} {action}" for grant, action in PAIRS]


@pytest.mark.parametrize(("grant", "action"), PAIRS, ids=IDS)
def test_an_action_is_granted_on_a_resource_that_aws_evaluates_it_on(grant: Grant, action: str):
    examples = [resource.example for resource in grant.resources]
    known = look_up(action)
    if known is None:
        assert action in UNLISTED, f"AWS has no action {action}"
    elif action in ONLY_ON_EVERYTHING or (not known.forms and action not in ON_A_RESOURCE):
        assert examples == ["*"], f"{action} is allowed by * alone"
    elif known.forms and examples != ["*"]:
        fitting = [arn for arn in examples if any(can_be(arn, form) for form in known.forms)]
        assert fitting, f"{action} is evaluated on {known.forms}, and granted on {examples}"


@pytest.mark.parametrize(("grant", "action"), [pair for pair in PAIRS if pair[0].condition])
def test_a_condition_asks_for_what_such_a_call_carries(grant: Grant, action: str):
    known = look_up(action)
    assert known is not None
    asked = {key for test in grant.condition.values() for key in test}
    assert asked <= known.conditions, f"{action} never carries {asked - known.conditions}: it would always be denied"


def test_every_resource_of_a_statement_is_of_use_to_one_of_its_actions():
    useless = []
    for grant in TABLE:
        for resource in grant.resources:
            forms = [form for action in grant.called if (known := look_up(action)) for form in known.forms]
            unlisted = any(action in UNLISTED or action in ON_A_RESOURCE for action in grant.called)
            if resource.example == "*" or "/tags/" in resource.example:  # the table has no tags of HTTP APIs
                continue
            if not unlisted and not any(can_be(resource.example, form) for form in forms):
                useless.append(f"{grant.sid}: {resource.pattern}")
    assert useless == []


def test_statements_are_named_once():
    assert len({grant.sid for grant in TABLE}) == len(TABLE)


def tag_actions(action: str) -> set[str]:
    """The actions that AWS asks for beside `action` when the call carries tags: those that tag its kind of resource."""
    service = action.partition(":")[0]
    if service == "apigateway":
        return {"apigateway:TagResource"}
    known = look_up(action)
    forms = set(known.forms) if known else set()
    tagging = (one for one in get_actions_for_service(service) if one.partition(":")[2].startswith("Tag"))
    fitting = {one for one in tagging if (found := look_up(one)) and forms & set(found.forms)}
    return fitting - {"logs:TagLogGroup"}  # superseded by TagResource


def calls_with_tags() -> Iterator[str]:
    """The creating calls that carry tags: the adapters' own, and those of resource types to which HCL gives tags."""
    for path in (REPOSITORY / "src" / "hybridctl" / "adapters" / "aws").glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                named = {keyword.arg for keyword in node.keywords}
                if "Tags" in named and node.func.attr.startswith("create_"):
                    yield f"iam:{''.join(part.title() for part in node.func.attr.split('_'))}"
    yield from TAGGED.values()


# The call that makes each resource type of the HCL that takes tags; the provider's schema says which do.
TAGGED = {
    "aws_apigatewayv2_api": "apigateway:POST",
    "aws_apigatewayv2_stage": "apigateway:POST",
    "aws_appautoscaling_target": "application-autoscaling:RegisterScalableTarget",
    "aws_cloudwatch_composite_alarm": "cloudwatch:PutCompositeAlarm",
    "aws_cloudwatch_log_group": "logs:CreateLogGroup",
    "aws_cloudwatch_metric_alarm": "cloudwatch:PutMetricAlarm",
    "aws_dynamodb_table": "dynamodb:CreateTable",
    "aws_iam_role": "iam:CreateRole",
    "aws_lambda_function": "lambda:CreateFunction",
    "aws_sns_topic": "sns:CreateTopic",
}


def test_the_types_that_take_tags_are_those_of_the_providers_schema():
    schema = json.loads((REPOSITORY / "src/hybridctl/sandbox/provider/aws_schema.json").read_text())
    files = REPOSITORY.glob("terraform/modules/*/*.tf")
    types = {found for path in files for found in re.findall(r'^resource "(\w+)"', path.read_text(), re.MULTILINE)}
    taking = {name for name in types if "tags_all" in schema["resources"][name]["block"]["attributes"]}
    assert taking == set(TAGGED)


@pytest.mark.parametrize("action", sorted(set(calls_with_tags())))
def test_a_call_with_tags_may_tag(action: str):
    """AWS authorises CreateRole with tags against TagRole too, and so for each service."""
    asked = tag_actions(action)
    assert asked, f"no tag action is known for {action}"
    for tagging in asked:
        known = look_up(tagging)
        taggers = [grant for grant in TABLE if tagging in grant.called]
        arns = [resource.example for grant in taggers for resource in grant.resources]
        assert any(arn == "*" or known is None or any(can_be(arn, form) for form in known.forms) for arn in arns), (
            tagging
        )
        assert all(POLICIES.allow(tagging, arn) for arn in arns)


@pytest.mark.parametrize(("project", "environment"), [("hybrid-ci-cd", "staging"), ("p" * 32, "e" * 16)])
def test_every_policy_fits_also_for_two_environments_of_one_account(project: str, environment: str):
    place = Place(environment, "123456789012", "ap-southeast-1")
    names = Names(project, environment)
    access = ci_access(names, place, Subject("repo:a/b:environment:{environment}"), is_protected=True)
    assert max(size(role.permissions) for role in access.roles) <= INLINE_POLICIES_LIMIT
    assert size(boundary(names, place)) <= MANAGED_POLICY_LIMIT
    engineer = engineer_policies(names, place)
    assert max(size(part) for _, part in engineer) <= MANAGED_POLICY_LIMIT
    assert 2 * len(engineer) <= 10  # managed policies of one role
    assert all(len(name) <= 128 for name, _ in engineer)


def test_the_managed_policies_are_the_whole_policy():
    parts = [statement["Sid"] for _, part in engineer_policies(NAMES, PLACE) for statement in part["Statement"]]
    assert parts == [grant.sid for grant in grants(NAMES, PLACE)]


def test_the_boundary_admits_what_the_hcl_gives_the_function():
    bounds = Policies([boundary(NAMES, PLACE)])
    files = ("modules/function/iam.tf", "environments/production/main.tf")
    body = "".join((REPOSITORY / "terraform" / name).read_text() for name in files)
    given = set(re.findall(r'"((?:dynamodb|logs|ssm):\w+)"', body))
    arns = {
        "dynamodb": "arn:aws:dynamodb:us-east-1:123456789012:table/hybrid-ci-cd-sessions-staging",
        "logs": "arn:aws:logs:us-east-1:123456789012:log-group:/aws/lambda/hybrid-ci-cd-staging:log-stream:x",
        "ssm": "arn:aws:ssm:us-east-1:123456789012:parameter/hybrid-ci-cd/staging/oauth/github_client_secret",
    }
    assert len(given) >= 9
    for action in given:
        arn = arns[action.partition(":")[0]]
        assert bounds.allow(action, arn), action
        assert not bounds.allow(action, arn.replace("staging", "production")), action


@pytest.mark.parametrize(("region", "partition"), [("us-gov-west-1", "aws-us-gov"), ("cn-north-1", "aws-cn")])
def test_the_partition_of_the_region_is_in_every_arn(region: str, partition: str):
    place = Place("staging", "123456789012", region, partition=partition)
    access = ci_access(NAMES, place, Subject("repo:a/b:environment:{environment}"), is_protected=True)
    policies = [document(grants(NAMES, place)), access.boundary.policy, *(role.permissions for role in access.roles)]
    policies += [role.trust for role in access.roles]
    text = json.dumps([*policies, [role.arn for role in access.roles], access.provider])
    assert set(re.findall(r"arn:([a-z-]+):", text)) == {partition}
