"""How GitHub identifies a job in its token: the `sub` claim, and the job's branch.

A repository that was created, renamed or transferred since 2026-07-15 sends `repo:OWNER@ID/REPO@ID:environment:NAME`,
an older one `repo:OWNER/REPO:environment:NAME`. Either may have a custom template. Source:
https://docs.github.com/actions/reference/security/oidc
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from hybridctl.errors import UsageInvalid

IMMUTABLE_SINCE = "2026-07-15"
PLACEHOLDER = "{environment}"
MAIN = "main"
_NAME = r"(?P<{0}>[A-Za-z0-9][A-Za-z0-9._-]*)"
_ID = r"(?:@(?P<{0}_id>[0-9]+))?"
_REPOSITORY = re.compile(f"{_NAME.format('owner')}{_ID.format('owner')}/{_NAME.format('name')}{_ID.format('name')}")
_BRANCH = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/-]*")
_SUBJECT = re.compile(r"[A-Za-z0-9._:/@{}-]+")


@dataclass(frozen=True, slots=True)
class Repository:
    """A GitHub repository as the user typed it. The ids are empty if they were not typed."""

    owner: str
    name: str
    owner_id: str = ""
    name_id: str = ""

    @property
    def path(self) -> str:
        return f"{self.owner}/{self.name}"

    @property
    def immutable(self) -> str:
        return f"{self.owner}@{self.owner_id}/{self.name}@{self.name_id}"


@dataclass(frozen=True, slots=True)
class Subject:
    """The `sub` claim of a repository's jobs, with `{environment}` for the job's environment, and their branch.

    `source` says where the claim is known from.
    """

    template: str
    branch: str = MAIN
    source: str = ""

    def of(self, job: str) -> str:
        return self.template.replace(PLACEHOLDER, job)

    @property
    def ref(self) -> str:
        return f"refs/heads/{self.branch}"


def read_repository(typed: str) -> Repository:
    """Parse OWNER/REPO or OWNER@ID/REPO@ID. Raises UsageInvalid; rejects wildcards, so that none gets into the trust
    policy.
    """
    match = _REPOSITORY.fullmatch(typed)
    if not match or bool(match["owner_id"]) != bool(match["name_id"]):
        raise UsageInvalid(f"--ci {typed!r}: not a repository", hint="name it as OWNER/REPO, or OWNER@ID/REPO@ID")
    return Repository(match["owner"], match["name"], match["owner_id"] or "", match["name_id"] or "")


def make_subject(template: str, branch: str | None = None) -> Subject:
    """Return the subject that the user typed. Raises UsageInvalid."""
    if not _SUBJECT.fullmatch(template) or template.replace(PLACEHOLDER, "", 1) == template:
        raise UsageInvalid(
            f"--subject {template!r}: not a subject",
            hint=f"write the whole claim without wildcards, with {PLACEHOLDER} for the environment",
        )
    if re.search(r"[{}]", template.replace(PLACEHOLDER, "")):
        raise UsageInvalid(f"--subject {template!r}: the only placeholder is {PLACEHOLDER}")
    return Subject(template, _check_branch(branch or MAIN), "--subject")


def immutable_subject(repository: Repository, branch: str | None = None) -> Subject:
    template = f"repo:{repository.immutable}:environment:{PLACEHOLDER}"
    return Subject(template, _check_branch(branch or MAIN), "the ids on the command line")


def subject_from_github(
    repository: Repository, found: Mapping[str, Any], customization: Mapping[str, Any], branch: str | None = None
) -> Subject:
    """Build the subject from GitHub's answers to `GET /repos/O/R` and `GET /repos/O/R/actions/oidc/customization/sub`.

    `sub_claim_prefix` is the start of the claim. Without it, GitHub's flag or the repository's creation date decides.
    Raises UsageInvalid if the claim is customized in an unknown way or does not contain the environment.
    """
    owner, name = _own_names(repository, found)
    known = Repository(owner, name, str(found["owner"]["id"]), str(found["id"]))
    is_immutable = customization.get("use_immutable_subject")
    if is_immutable is None:
        is_immutable = str(found.get("created_at", "")) >= IMMUTABLE_SINCE
    prefix = str(customization.get("sub_claim_prefix") or f"repo:{known.immutable if is_immutable else known.path}")
    branch = _check_branch(branch or str(found.get("default_branch") or MAIN))
    keys = () if customization.get("use_default", True) else tuple(customization.get("include_claim_keys") or ())
    values = _claims(known, branch, prefix)
    if unknown := [key for key in keys if key not in values]:
        raise UsageInvalid(
            f"{known.path} customizes the subject of its tokens with {', '.join(unknown)}",
            hint=f"specify the whole claim: --subject 'repo:…:environment:{PLACEHOLDER}:…'",
        )
    template = ":".join(values[key] for key in keys) or f"{prefix}:environment:{PLACEHOLDER}"
    if PLACEHOLDER not in template:
        raise UsageInvalid(
            f"the subject of {known.path} does not contain the environment: every job could assume every role",
            hint="add `context` to the repository's subject claim",
        )
    return Subject(template, branch, "GitHub")


def _own_names(repository: Repository, found: Mapping[str, Any]) -> Sequence[str]:
    """Return owner and name with GitHub's capitalization. The claims use it, and IAM's comparison is case-sensitive."""
    full = str(found.get("full_name") or repository.path)
    return full.split("/", 1)


def _claims(known: Repository, branch: str, prefix: str) -> Mapping[str, str]:
    """Return the value of each key of a subject's template. https://docs.github.com/rest/actions/oidc"""
    return {
        "repo": prefix,
        "context": f"environment:{PLACEHOLDER}",
        "environment": f"environment:{PLACEHOLDER}",
        "ref": f"ref:refs/heads/{branch}",
        "repository": f"repository:{known.path}",
        "repository_id": f"repository_id:{known.name_id}",
        "repository_owner": f"repository_owner:{known.owner}",
        "repository_owner_id": f"repository_owner_id:{known.owner_id}",
    }


def _check_branch(branch: str) -> str:
    if not _BRANCH.fullmatch(branch):
        raise UsageInvalid(f"--branch {branch!r}: not a branch", hint="name one branch, without wildcards")
    return branch
