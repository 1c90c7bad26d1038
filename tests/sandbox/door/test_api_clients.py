"""A deployed API is open to programs and to the pages of its own origins, and leads nowhere else."""

import json

import pytest

from sandbox.cloud.functions import Api
from sandbox.conftest import SandboxProcess
from sandbox.door.raw_http import EVIL, INTERNAL, Line

ALLOWED = "https://app.example"


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 200),
        ({"User-Agent": "curl/8"}, 200),
        ({"Origin": ALLOWED, "Sec-Fetch-Site": "cross-site"}, 200),
        ({"Referer": f"{ALLOWED}/", "Sec-Fetch-Site": "cross-site"}, 200),
        ({"Sec-Fetch-Site": "none"}, 200),
        ({"Authorization": "Bearer of-a-session"}, 200),
        ({"X-Amz-Target": "AnyScaleFrontendService.DescribeScalableTargets"}, 200),
        ({"Origin": EVIL}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": "http://localhost:9"}, 403),
        ({"Origin": f"{ALLOWED}.evil.example"}, 403),
        ({"Origin": ALLOWED, "Referer": f"{EVIL}/"}, 403),
        ({"Referer": f"{EVIL}/"}, 403),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Host": "evil.example"}, 403),
    ],
    ids=str,
)
def test_the_api_is_open_to_programs_and_to_its_own_origins(
    opened: SandboxProcess, api: Api, headers: dict[str, str], status: int
):
    answer = Line(opened.port).ask("GET", f"/_aws/execute-api/{api.id}/staging/health", headers)
    assert answer[0] == status
    if status == 200:
        assert json.loads(answer[2])["event"]["rawPath"] == "/staging/health"
        assert answer[1].get("access-control-allow-origin") == headers.get("Origin")


def test_an_apis_own_host_leads_to_the_api_alone(opened: SandboxProcess, api: Api):
    """The emulator itself would look for its own paths first: one reset, unsigned, by a host's name."""
    line, host = Line(opened.port), f"{api.id}.execute-api.localhost:{opened.port}"
    status, _, body = line.ask("GET", "/staging/health", {"Host": host})
    event = json.loads(body)["event"]
    assert (status, event["rawPath"], event["headers"]["host"]) == (200, "/staging/health", host)
    for method, path in INTERNAL:
        if path.startswith("/"):
            status, _, body = line.ask(method, path, {"Host": host})
            assert status in (403, 404), (path, body)
            assert b"available" not in body
    assert opened.client("lambda").list_functions()["Functions"]
    assert line.ask("GET", "/staging/health", {"Host": "00000000.execute-api.localhost"})[0] == 403
