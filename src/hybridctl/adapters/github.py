"""What GitHub says about a repository, by its REST API with a token of the environment, or through `gh`."""

import json
import subprocess
from collections.abc import Callable, Mapping
from typing import Any

from hybridctl.errors import UsageInvalid

API = "https://api.github.com"
_SECONDS = 10.0
Get = Callable[[str], Mapping[str, Any]]


class GitHub:
    """Reads with GITHUB_TOKEN or GH_TOKEN, otherwise as whom `gh` is logged in; `get` takes the place of both."""

    def __init__(self, environ: Mapping[str, str], get: Get | None = None) -> None:
        self._environ = environ
        self._get = get or self._choose()

    def repository(self, path: str) -> Mapping[str, Any]:
        return self._get(f"/repos/{path}")

    def subject_customization(self, path: str) -> Mapping[str, Any]:
        return self._get(f"/repos/{path}/actions/oidc/customization/sub")

    def _choose(self) -> Get:
        token = self._environ.get("GITHUB_TOKEN") or self._environ.get("GH_TOKEN")
        return (lambda url: self._by_token(url, token)) if token else self._by_gh

    def _by_token(self, url: str, token: str) -> Mapping[str, Any]:
        import httpx

        headers = {"Accept": "application/vnd.github+json", "Authorization": f"Bearer {token}"}
        try:
            answer = httpx.get(f"{self._environ.get('GITHUB_API_URL', API)}{url}", headers=headers, timeout=_SECONDS)
        except httpx.HTTPError as cause:
            raise _unreadable(url, str(cause) or type(cause).__name__) from cause
        if answer.status_code != httpx.codes.OK:
            raise _unreadable(url, f"GitHub answered {answer.status_code}")
        return _object(url, answer.text)

    def _by_gh(self, url: str) -> Mapping[str, Any]:
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
            raise _unreadable(url, "there is no token in GITHUB_TOKEN, and no gh on PATH") from cause
        except subprocess.TimeoutExpired as cause:
            raise _unreadable(url, "gh did not answer") from cause
        if ran.returncode:
            raise _unreadable(url, f"gh: {' '.join(ran.stderr.split())[:200]}")
        return _object(url, ran.stdout)


def _object(url: str, text: str) -> Mapping[str, Any]:
    try:
        found = json.loads(text)
    except ValueError as cause:
        raise _unreadable(url, "the answer is not JSON") from cause
    if not isinstance(found, dict):
        raise _unreadable(url, "the answer is not an object")
    return found


def _unreadable(url: str, why: str) -> UsageInvalid:
    return UsageInvalid(
        f"reading {url} of GitHub: {why}",
        hint="set GITHUB_TOKEN or run `gh auth login`; or give the ids: --ci OWNER@OWNER_ID/REPO@REPO_ID",
    )
