"""Reads repositories from GitHub's REST API, with a token from the environment or through `gh`."""

import json
import subprocess
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from http import HTTPStatus
from http.client import responses
from typing import Any

from hybridctl.adapters.http import Urllib3Probe
from hybridctl.domain.smoke import Answer
from hybridctl.errors import NoAnswer, UsageInvalid

API = "https://api.github.com"
_SECONDS = 10.0
_HEADERS = {"Accept": "application/vnd.github+json", "X-GitHub-Api-Version": "2022-11-28"}
_GIVE_IDS = "or specify the ids: --ci OWNER@OWNER_ID/REPO@REPO_ID"
Get = Callable[[str], Mapping[str, Any] | None]


class GitHubClient:
    """Uses GITHUB_TOKEN or GH_TOKEN, otherwise the login of `gh`. Raises UsageInvalid if GitHub cannot be read."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ
        token = environ.get("GITHUB_TOKEN") or environ.get("GH_TOKEN")
        self._get: Get = (lambda url: self._by_token(url, token)) if token else self._by_gh

    def repository(self, path: str) -> Mapping[str, Any]:
        """Return the repository. https://docs.github.com/rest/repos/repos#get-a-repository"""
        return self._require(f"/repos/{path}")

    def subject_customization(self, path: str) -> Mapping[str, Any]:
        """Return the subject customization of a repository. https://docs.github.com/rest/actions/oidc"""
        return self._require(f"/repos/{path}/actions/oidc/customization/sub")

    def organization_customization(self, owner: str) -> Mapping[str, Any]:
        """Return the subject customization of an organization, or an empty one if it has none. Users never have one."""
        return self._get(f"/orgs/{owner}/actions/oidc/customization/sub") or {}

    def _require(self, url: str) -> Mapping[str, Any]:
        answer = self._get(url)
        if answer is None:  # also the answer for a repository that the token cannot access
            raise _unreadable(url, "GitHub answered 404: the repository does not exist, or the token cannot access it")
        return answer

    def _by_token(self, url: str, token: str) -> Mapping[str, Any] | None:
        address = f"{self._environ.get('GITHUB_API_URL', API)}{url}"
        headers = {**_HEADERS, "Authorization": f"Bearer {token}"}
        try:  # GitHub redirects requests for a renamed repository
            answer = Urllib3Probe(self._environ).get(address, headers, _SECONDS)
        except NoAnswer as cause:
            raise _unreadable(url, str(cause)) from cause
        if answer.status == HTTPStatus.NOT_FOUND:
            return None
        if answer.status != HTTPStatus.OK:
            raise _explain_refusal(url, answer)
        return _object(url, answer.body)

    def _by_gh(self, url: str) -> Mapping[str, Any] | None:
        try:
            ran = subprocess.run(
                ["gh", "api", url.lstrip("/")],
                capture_output=True,
                text=True,
                timeout=3 * _SECONDS,
                env=dict(self._environ),
                check=False,
            )
        except FileNotFoundError as cause:
            raise _unreadable(url, "GITHUB_TOKEN is not set, and gh is not on PATH") from cause
        except subprocess.TimeoutExpired as cause:
            raise _unreadable(url, "gh did not respond") from cause
        if ran.returncode and "(HTTP 404)" in ran.stderr:
            return None
        if ran.returncode:
            raise _unreadable(url, f"gh: {' '.join(ran.stderr.split())[:200]}")
        return _object(url, ran.stdout)


def _explain_refusal(url: str, answer: Answer) -> UsageInvalid:
    """Return the error for a refused request.
    https://docs.github.com/rest/using-the-rest-api/troubleshooting-the-rest-api
    """
    message = _message(answer)
    if answer.status in (403, 429) and (
        answer.headers.get("x-ratelimit-remaining") == "0" or "rate limit" in message.lower()
    ):
        wait = _wait(answer)
        return UsageInvalid(
            f"reading {url} from GitHub: the rate limit is exhausted{wait}", hint=f"run it again later, {_GIVE_IDS}"
        )
    if answer.status == 401:
        return UsageInvalid(
            f"reading {url} from GitHub: the token is not valid ({message})",
            hint=f"set GITHUB_TOKEN to a valid token, or unset it and run `gh auth login`; {_GIVE_IDS}",
        )
    return _unreadable(url, f"GitHub answered {answer.status} ({message})")


def _wait(answer: Answer) -> str:
    seconds, reset = answer.headers.get("retry-after", ""), answer.headers.get("x-ratelimit-reset", "")
    if seconds.isdecimal():
        return f" for {seconds} s"
    if reset.isdecimal():
        return f" until {datetime.fromtimestamp(int(reset), UTC):%H:%M} UTC"
    return ""


def _message(answer: Answer) -> str:
    content = answer.json()
    return str(content.get("message", "")) if isinstance(content, dict) else responses.get(answer.status, "no JSON")


def _object(url: str, text: str) -> Mapping[str, Any]:
    try:
        content = json.loads(text)
    except ValueError as cause:
        raise _unreadable(url, "the answer is not JSON") from cause
    if not isinstance(content, dict):
        raise _unreadable(url, "the answer is not an object")
    return content


def _unreadable(url: str, why: str) -> UsageInvalid:
    return UsageInvalid(
        f"reading {url} from GitHub: {why}", hint=f"set GITHUB_TOKEN or run `gh auth login`; {_GIVE_IDS}"
    )
