"""Which tokens of GitHub may take which role: each trust policy against tokens of every form."""

from collections.abc import Mapping
from typing import Any

import pytest

from domain.iam.evaluator import Policies
from hybridctl.domain.environment import Names, Place
from hybridctl.domain.iam.ci_role import CiRole, ci_access
from hybridctl.domain.iam.subject import Subject, immutable_subject, make_subject, read_repository, subject_from_github
from hybridctl.errors import UsageInvalid

NAMES = Names("hybrid-ci-cd", "production")
PLACE = Place("production", "123456789012", "eu-west-1")
ISSUER = "token.actions.githubusercontent.com"
FOUND = {
    "full_name": "Acme/backend",
    "id": 456789,
    "owner": {"id": 123456},
    "default_branch": "main",
    "created_at": "2024-05-01T00:00:00Z",
}
PREFIXES = {"names": "repo:Acme/backend", "ids": "repo:Acme@123456/backend@456789"}
SUBJECTS = {
    "names": subject_from_github(read_repository("acme/backend"), FOUND, {"use_immutable_subject": False}),
    "ids": subject_from_github(
        read_repository("acme/backend"),
        FOUND,
        {"use_default": True, "use_immutable_subject": True, "sub_claim_prefix": PREFIXES["ids"]},
    ),
    "given ids": immutable_subject(read_repository("Acme@123456/backend@456789")),
    "template": subject_from_github(
        read_repository("acme/backend"),
        FOUND,
        {"use_default": False, "include_claim_keys": ["repository_owner_id", "repo", "context"]},
    ),
    "typed": make_subject("repo:Acme/backend:environment:{environment}:ref:refs/heads/main"),
}


def roles(subject: Subject, place: Place = PLACE) -> tuple[CiRole, ...]:
    return ci_access(NAMES, place, subject, is_protected=True).roles


def token(sub: str, *, ref: str = "refs/heads/main", aud: str = "sts.amazonaws.com") -> dict[str, str]:
    return {f"{ISSUER}:sub": sub, f"{ISSUER}:aud": aud, f"{ISSUER}:ref": ref}


def may_take(role: CiRole, claims: Mapping[str, str]) -> bool:
    [statement] = role.trust["Statement"]
    assert statement["Principal"] == {"Federated": f"arn:aws:iam::123456789012:oidc-provider/{ISSUER}"}
    as_identity: dict[str, Any] = {key: value for key, value in statement.items() if key != "Principal"}
    policies = Policies([{"Statement": [as_identity | {"Resource": "*"}]}])
    return policies.allow("sts:AssumeRoleWithWebIdentity", role.arn, claims)


@pytest.mark.parametrize("form", SUBJECTS)
def test_a_job_of_the_environment_may_take_its_role_and_no_other(form: str):
    subject = SUBJECTS[form]
    deploys, plans = roles(subject)
    assert may_take(deploys, token(subject.of("production")))
    assert may_take(plans, token(subject.of("plan-production")))
    assert not may_take(deploys, token(subject.of("plan-production")))
    assert not may_take(plans, token(subject.of("production")))
    assert not may_take(deploys, token(subject.of("staging")))


@pytest.mark.parametrize("form", SUBJECTS)
@pytest.mark.parametrize(
    "strange",
    [
        "repo:mallory/backend:environment:production",  # a fork
        "repo:Acme@666/backend@456789:environment:production",  # the owner's name, taken over
        "repo:Acme@123456/backend@666:environment:production",  # the repository's name, taken over
        "repo:Acme/backend:ref:refs/heads/main",  # a job without the environment
        "repo:Acme@123456/backend@456789:ref:refs/heads/main",
        "repo:Acme/backend:pull_request",
        "repo:acme/backend:environment:production",  # IAM compares letter by letter
        "repo:Acme/backend:environment:production-eu",
        "repo:Acme/backend:environment:production:evil",
        "repository_owner_id:666:repo:Acme/backend:environment:production",
        "repo:Acme/backend:environment:production:ref:refs/heads/evil",
    ],
)
def test_no_other_subject_may_take_it(form: str, strange: str):
    assert not any(may_take(role, token(strange)) for role in roles(SUBJECTS[form]))


@pytest.mark.parametrize(("form", "other"), [("names", "ids"), ("ids", "names")])
def test_only_the_form_that_the_repository_uses_is_trusted(form: str, other: str):
    deploys, _ = roles(SUBJECTS[form])
    assert may_take(deploys, token(f"{PREFIXES[form]}:environment:production"))
    assert not may_take(deploys, token(f"{PREFIXES[other]}:environment:production"))


@pytest.mark.parametrize("form", SUBJECTS)
def test_another_branch_a_tag_and_another_audience_may_not_take_it(form: str):
    subject = SUBJECTS[form]
    for role in roles(subject):
        for ref in ("refs/heads/evil", "refs/tags/main", "refs/pull/1/merge", "main", ""):
            assert not may_take(role, token(subject.of(role.job), ref=ref))
        assert not may_take(role, token(subject.of(role.job), aud="api://other"))
        assert not may_take(role, {f"{ISSUER}:sub": subject.of(role.job)})


def test_the_branch_is_the_repositorys_default_unless_one_is_named():
    answers = (read_repository("acme/backend"), {**FOUND, "default_branch": "trunk"}, {})
    assert subject_from_github(*answers).ref == "refs/heads/trunk"
    assert subject_from_github(*answers, "release").ref == "refs/heads/release"


def test_outside_of_the_commercial_regions_the_branch_is_no_condition():
    """STS offers GitHub's claims beside `sub` in commercial regions only: asked for elsewhere, nobody could pass."""
    place = Place("production", "123456789012", "us-gov-west-1", partition="aws-us-gov")
    for role in roles(SUBJECTS["ids"], place):
        [statement] = role.trust["Statement"]
        assert set(statement["Condition"]["StringEquals"]) == {f"{ISSUER}:aud", f"{ISSUER}:sub"}


@pytest.mark.parametrize(("created", "form"), [("2026-07-14T23:59:59Z", "names"), ("2026-07-15T00:00:00Z", "ids")])
def test_where_github_says_nothing_the_date_of_the_repository_decides(created: str, form: str):
    found = subject_from_github(read_repository("acme/backend"), {**FOUND, "created_at": created}, {})
    assert found.of("staging") == f"{PREFIXES[form]}:environment:staging"


@pytest.mark.parametrize(
    "typed", ["acme", "acme/*", "*/backend", "acme/back end", "acme/a:environment:x", "/x", "acme@1/backend", "a/b@2"]
)
def test_an_invalid_repository_gets_no_trust(typed: str):
    with pytest.raises(UsageInvalid, match="not a repository"):
        read_repository(typed)


@pytest.mark.parametrize("typed", ["repo:a/b:*", "repo:a/b:environment:production", "", "repo:a/b:{environment}:{x}"])
def test_a_subject_without_its_place_for_the_environment_or_with_a_wildcard_is_refused(typed: str):
    with pytest.raises(UsageInvalid, match="--subject"):
        make_subject(typed)


def test_a_template_that_names_no_environment_or_an_unknown_claim_is_refused():
    repository = read_repository("acme/backend")
    with pytest.raises(UsageInvalid, match="does not contain the environment"):
        subject_from_github(repository, FOUND, {"use_default": False, "include_claim_keys": ["repo"]})
    with pytest.raises(UsageInvalid, match="job_workflow_ref"):
        subject_from_github(
            repository, FOUND, {"use_default": False, "include_claim_keys": ["repo", "job_workflow_ref"]}
        )
