"""GitHub's REST API, by a server that answers as its documentation says: shapes, redirects, limits and refusals.

Shapes: https://docs.github.com/rest/actions/oidc, https://docs.github.com/rest/repos/repos#get-a-repository and
https://docs.github.com/rest/using-the-rest-api/troubleshooting-the-rest-api.
"""

import json
import stat
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from hybridctl.adapters.github import GitHubClient
from hybridctl.errors import UsageInvalid
from hybridctl.operations.bootstrap import find_subject

REPOSITORY = {
    "id": 1296269,
    "name": "Hello-World",
    "full_name": "octocat/Hello-World",
    "owner": {"login": "octocat", "id": 583231, "type": "Organization"},
    "private": False,
    "default_branch": "main",
    "created_at": "2011-01-26T19:01:12Z",
}
NEW = {**REPOSITORY, "created_at": "2026-08-01T00:00:00Z"}
IMMUTABLE = "repo:octocat@583231/Hello-World@1296269"
CUSTOMIZATION = "/repos/octocat/hello-world/actions/oidc/customization/sub"
ORGANIZATION = "/orgs/octocat/actions/oidc/customization/sub"
NOT_FOUND = {"message": "Not Found", "documentation_url": "https://docs.github.com/rest", "status": "404"}


@dataclass
class Site:
    """What is answered to each path: a status, a body and headers. What is not here is 404, as for the unauthorised."""

    url: str = ""
    answers: dict[str, tuple[int, Any, dict[str, str]]] = field(default_factory=dict)
    asked: list[tuple[str, str]] = field(default_factory=list)

    def answer(self, path: str, body: Any, status: int = 200, **headers: str) -> None:
        self.answers[path] = (status, body, {name.replace("_", "-"): value for name, value in headers.items()})

    @property
    def github(self) -> GitHubClient:
        return GitHubClient({"GITHUB_TOKEN": "ghp_right", "GITHUB_API_URL": self.url})


@pytest.fixture
def site() -> Iterator[Site]:
    found = Site()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            found.asked.append((self.path, self.headers.get("X-GitHub-Api-Version", "")))
            known = self.headers.get("Authorization") == "Bearer ghp_right"
            refused = (401, {"message": "Bad credentials", "status": "401"}, {})
            status, body, headers = found.answers.get(self.path, (404, NOT_FOUND, {})) if known else refused
            content = body if isinstance(body, bytes) else json.dumps(body).encode()
            self.send_response(status)
            for name, value in {"content-length": str(len(content)), **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    found.url = f"http://127.0.0.1:{server.server_port}"
    Thread(target=server.serve_forever, daemon=True).start()
    yield found
    server.shutdown()
    server.server_close()


def subject(site: Site, typed: str = "octocat/hello-world") -> str:
    return find_subject(site.github, typed, template=None, branch=None).of("staging")


@pytest.mark.parametrize(
    ("repository", "customization", "expected"),
    [
        # As GitHub answered before it knew of ids, and as it does since.
        (REPOSITORY, {"use_default": True}, "repo:octocat/Hello-World:environment:staging"),
        (
            REPOSITORY,
            {"use_default": True, "use_immutable_subject": False, "sub_claim_prefix": "repo:octocat/Hello-World"},
            "repo:octocat/Hello-World:environment:staging",
        ),
        (
            NEW,
            {"use_default": True, "use_immutable_subject": True, "sub_claim_prefix": IMMUTABLE},
            f"{IMMUTABLE}:environment:staging",
        ),
        # Seen of new repositories: the flag is that of the repository, the prefix is what tokens have.
        (
            NEW,
            {"use_default": True, "use_immutable_subject": False, "sub_claim_prefix": IMMUTABLE},
            f"{IMMUTABLE}:environment:staging",
        ),
        (NEW, {"use_default": True}, f"{IMMUTABLE}:environment:staging"),
        (REPOSITORY, {"use_default": True, "use_immutable_subject": True}, f"{IMMUTABLE}:environment:staging"),
        (
            REPOSITORY,
            {"use_default": False, "include_claim_keys": ["repo", "context", "ref"]},
            "repo:octocat/Hello-World:environment:staging:ref:refs/heads/main",
        ),
        (
            NEW,
            {
                "use_default": False,
                "include_claim_keys": ["repository_owner_id", "repo", "context"],
                "use_immutable_subject": True,
                "sub_claim_prefix": IMMUTABLE,
            },
            f"repository_owner_id:583231:{IMMUTABLE}:environment:staging",
        ),
        (
            REPOSITORY,
            {"use_default": True, "include_claim_keys": ["actor"]},  # ignored with the default
            "repo:octocat/Hello-World:environment:staging",
        ),
    ],
)
def test_the_subject_is_the_one_that_tokens_of_the_repository_have(site, repository, customization, expected):
    site.answer("/repos/octocat/hello-world", repository)
    site.answer(CUSTOMIZATION, customization)
    assert subject(site) == expected
    assert {version for _, version in site.asked} == {"2022-11-28"}


@pytest.mark.parametrize(
    ("organization", "expected"),
    [
        ({"include_claim_keys": ["repository_id", "context"]}, "repository_id:1296269:environment:staging"),
        (None, "repo:octocat/Hello-World:environment:staging"),
    ],
)
def test_a_repository_without_a_template_of_its_own_has_that_of_its_organization(site, organization, expected):
    """`use_default` false without keys: the organization's template, otherwise GitHub's default."""
    site.answer("/repos/octocat/hello-world", REPOSITORY)
    site.answer(CUSTOMIZATION, {"use_default": False})
    if organization:
        site.answer(ORGANIZATION, organization)
    assert subject(site) == expected


def test_a_renamed_repository_is_followed_to_its_new_name(site):
    renamed = {**NEW, "name": "hi", "full_name": "octocat/hi"}
    for end in ("", "/actions/oidc/customization/sub"):
        moved = {"message": "Moved Permanently", "url": f"{site.url}/repositories/1296269{end}"}
        site.answer(f"/repos/octocat/hello-world{end}", moved, 301, location=f"{site.url}/repositories/1296269{end}")
    site.answer("/repositories/1296269", renamed)
    site.answer("/repositories/1296269/actions/oidc/customization/sub", {"use_default": True})
    assert subject(site) == "repo:octocat@583231/hi@1296269:environment:staging"


@pytest.mark.parametrize(
    ("status", "body", "headers", "expected"),
    [
        (
            403,
            {"message": "API rate limit exceeded for user ID 1."},
            {"x_ratelimit_remaining": "0", "x_ratelimit_reset": "1767225600"},
            "the rate limit is exhausted until 00:00 UTC",
        ),
        (429, {"message": "Too many"}, {"x_ratelimit_remaining": "0"}, "the rate limit is exhausted"),
        (
            403,
            {"message": "You have exceeded a secondary rate limit. Please wait a few minutes before you try again."},
            {"retry_after": "60"},
            "the rate limit is exhausted for 60 s",
        ),
        (
            403,
            {"message": "Resource not accessible by personal access token"},
            {},
            "GitHub answered 403 (Resource not accessible by personal access token)",
        ),
        (404, NOT_FOUND, {}, "the repository does not exist, or the token cannot access it"),
        (503, b"<html>Unicorn!</html>", {}, "GitHub answered 503 (Service Unavailable)"),
        (520, b"<html>Unicorn!</html>", {}, "GitHub answered 520 (no JSON)"),
        (200, b"<html>a portal</html>", {}, "the answer is not JSON"),
        (200, [], {}, "the answer is not an object"),
    ],
)
@pytest.mark.parametrize("which", ["/repos/octocat/hello-world", CUSTOMIZATION])
def test_a_refusal_is_reported_with_the_next_step(site, which, status, body, headers, expected):
    site.answer("/repos/octocat/hello-world", REPOSITORY)
    site.answer(CUSTOMIZATION, {"use_default": True})
    site.answer(which, body, status, **headers)
    with pytest.raises(UsageInvalid) as refused:
        subject(site)
    assert expected in str(refused.value)
    assert f"reading {which} from GitHub" in str(refused.value)
    assert "--ci OWNER@OWNER_ID/REPO@REPO_ID" in str(refused.value.hint)


def test_a_token_that_github_does_not_know_is_named_and_not_shown(site):
    with pytest.raises(UsageInvalid, match="the token is not valid") as refused:
        GitHubClient({"GITHUB_TOKEN": "ghp_wrong", "GITHUB_API_URL": site.url}).repository("octocat/hello-world")
    assert "ghp_wrong" not in str(refused.value)


def test_no_answer_is_reported():
    with pytest.raises(UsageInvalid, match=r"reading /repos/a/b from GitHub: .*refused"):
        GitHubClient({"GH_TOKEN": "x", "GITHUB_API_URL": "http://127.0.0.1:9"}).repository("a/b")


def gh(folder: Path, script: str) -> GitHubClient:
    program = folder / "gh"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    return GitHubClient({"PATH": f"{folder}:/usr/bin:/bin"})


def test_without_a_token_gh_is_asked(tmp_path: Path):
    asked = gh(tmp_path, f"""[ "$*" = "api repos/octocat/hello-world" ] && echo '{json.dumps(REPOSITORY)}'""")
    assert asked.repository("octocat/hello-world")["id"] == 1296269


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        ("echo 'gh: Not Found (HTTP 404)' >&2; exit 1", "the repository does not exist, or the token cannot access it"),
        ("echo 'To get started, please run: gh auth login' >&2; exit 4", "gh: To get started"),
        ("echo nothing", "the answer is not JSON"),
    ],
)
def test_what_gh_says_is_reported(tmp_path: Path, script: str, expected: str):
    with pytest.raises(UsageInvalid) as refused:
        gh(tmp_path, script).repository("octocat/hello-world")
    assert expected in str(refused.value)


def test_a_user_has_no_template_for_all_repositories(tmp_path: Path):
    assert gh(tmp_path, "echo 'gh: Not Found (HTTP 404)' >&2; exit 1").organization_customization("octocat") == {}


def test_without_a_token_and_gh_the_ids_are_asked_for(tmp_path: Path):
    with pytest.raises(UsageInvalid, match="GITHUB_TOKEN is not set, and gh is not on PATH"):
        GitHubClient({"PATH": str(tmp_path)}).repository("octocat/hello-world")
