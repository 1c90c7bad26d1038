"""The module that Lambda imports, in an interpreter of its own."""

import json
import os
import subprocess
import sys
from pathlib import Path

import backend
from backend.settings import PACKAGE_ROOT
from handler import events
from handler.fakes import ENVIRON

RUN = """
import json, sys
from backend import entry
for event in json.load(sys.stdin):
    print(json.dumps({"answer": entry.handle(event, None)}))
print(json.dumps({"imported": sorted(sys.modules)}))
"""


def run(*sent, **environ):
    """What handle() answers to the events, and the lines it writes, from a fresh import."""
    fresh = {
        "PYTHONPATH": str(PACKAGE_ROOT),
        "PATH": os.environ["PATH"],
        "AWS_REGION": "us-east-1",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_ENDPOINT_URL": "http://127.0.0.1:9",  # discard: nothing answers there
    }
    return subprocess.run(
        [sys.executable, "-c", RUN],
        input=json.dumps(sent),
        env={**fresh, **ENVIRON, **environ},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def test_the_entry_answers_and_writes_one_line_a_request():
    done = run(events.http_api("GET", "/health"), events.http_api("GET", "/nowhere"))
    assert done.stderr == ""
    log_1, _, answer_1, log_2, answer_2, _ = map(json.loads, done.stdout.splitlines())
    assert answer_1["answer"]["body"] == '{"status":"healthy","version":"0.1.0"}'
    assert answer_1["answer"]["headers"]["x-build"] == "dev"
    assert answer_2["answer"]["statusCode"] == 404
    assert [(log["status"], log["cold_start"]) for log in (log_1, log_2)] == [(200, True), (404, False)]


def test_a_table_that_cannot_be_reached_is_503_within_the_functions_time():
    done = run(events.http_api("POST", "/auth/validate", '{"session_id":"x"}'))
    log, _, answer, _ = map(json.loads, done.stdout.splitlines())
    assert answer["answer"]["statusCode"] == 503
    assert log["error"]["type"] == "NoAnswer"
    assert log["error"]["message"] == "127.0.0.1:9: ConnectionRefusedError"
    assert log["duration_ms"] < 10_000


def test_provider_mode_says_honestly_what_it_cannot_verify():
    login = {"user_id": "me", "provider": "google", "oauth_tokens": {"access_token": "t"}}
    done = run(events.http_api("POST", "/auth/session", json.dumps(login)), TOKEN_VERIFICATION="provider")
    _, _, answer, _ = map(json.loads, done.stdout.splitlines())
    assert answer["answer"]["statusCode"] == 503
    assert json.loads(answer["answer"]["body"])["error"]["code"] == "provider_not_configured"


def test_what_no_cold_start_needs_is_not_imported():
    *_, last = run().stdout.splitlines()
    spared = {
        "boto3",
        "botocore",
        "urllib3",
        "urllib.request",
        "s3transfer",
        "secrets",
        "backend.providers.google",
        "backend.providers.github",
    }
    assert not spared & set(json.loads(last)["imported"])


def test_a_function_with_a_wrong_setting_does_not_start_and_says_why():
    done = run(TOKEN_VERIFICATION="believe")
    assert done.returncode != 0
    assert "TOKEN_VERIFICATION must be one of trusted, provider, not 'believe'" in done.stderr


def test_the_handlers_version_is_the_projects():
    pyproject = Path(PACKAGE_ROOT.parent / "pyproject.toml").read_text()
    assert f'version = "{backend.VERSION}"' in pyproject
