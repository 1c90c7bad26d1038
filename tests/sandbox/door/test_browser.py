"""A page in a real browser against a real sandbox: Chromium decides what is sent, and what the page may read."""

import json
import re
import shutil
import subprocess
import threading
from base64 import b64encode
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from sandbox.cloud.functions import Api, Function, package
from sandbox.conftest import SandboxProcess

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
LIMIT_SECONDS = 60

# Each attempt tells the test's own server how it ended: what the page could read, or that it could read nothing.
PAGE = """<!doctype html><body><script>
const CLOUD = "ADDRESS", told = {origin: location.origin};
const plain = {method: "POST", mode: "no-cors", headers: {"Content-Type": "text/plain"}};
async function ask(name, url, options) {
  try { const answer = await fetch(url, options); told[name] = [answer.type, answer.status, await answer.text()]; }
  catch (error) { told[name] = ["unreadable"]; }
}
function element(name, tag, attributes) {
  return new Promise(done => {
    const made = document.createElement(tag);
    made.onload = () => { told[name] = ["loaded"]; done(); };
    made.onerror = () => { told[name] = ["error"]; done(); };
    Object.assign(made, attributes); document.body.append(made);
  });
}
function post(name, path, enctype, fields) {
  return new Promise(done => {
    const frame = document.createElement("iframe"), form = document.createElement("form");
    frame.name = name;
    Object.assign(form, {method: "POST", action: CLOUD + path, enctype, target: name});
    for (const [key, value] of Object.entries(fields)) {
      form.append(Object.assign(document.createElement("textarea"), {name: key, value}));
    }
    document.body.append(frame, form);
    frame.onload = () => {
      try {
        if (frame.contentDocument.URL === "about:blank") return;
        told[name] = [frame.contentDocument.body.innerText];
      } catch (error) { told[name] = ["unreadable"]; }
      done();
    };
    form.submit();
  });
}
function socket(name, path) {
  return new Promise(done => {
    const made = new WebSocket(CLOUD.replace("http", "ws") + path);
    made.onopen = () => { told[name] = ["open"]; done(); };
    made.onclose = () => { told[name] ??= ["closed"]; done(); };
  });
}
async function attack() {
  const functions = "/2015-03-31/functions", made = JSON.stringify(FUNCTION);
  const run = `${functions}/VICTIM/invocations`;
  await ask("api", `${CLOUD}/_aws/execute-api/API/staging/health`);
  await ask("cors create", CLOUD + functions, {method: "POST", body: made});
  const json = {"Content-Type": "application/json"};
  await ask("cors json", CLOUD + functions, {method: "POST", body: made, headers: json});
  await ask("cors list", CLOUD + functions);
  await ask("create", CLOUD + functions, {...plain, body: made});
  await ask("invoke", CLOUD + run, {...plain, body: '{"print": "MARK"}'});
  await ask("reset", `${CLOUD}/_ministack/reset`, plain);
  await ask("api post", `${CLOUD}/_aws/execute-api/API/staging/form`, {...plain, body: "x"});
  await post("form create", functions, "text/plain", {[made.slice(0, -1) + ',"x":"']: '"}'});
  await post("form reset", "/_ministack/reset", "application/x-www-form-urlencoded", {});
  await post("form user", "/", "application/x-www-form-urlencoded", {Action: "CreateUser", UserName: "mallory"});
  await element("image", "img", {src: `${CLOUD}/_ministack/health`});
  await element("script", "script", {src: CLOUD + functions});
  await element("frame", "iframe", {src: `${CLOUD}/_ministack/health`});
  await socket("socket", "/"); await socket("api socket", "/_aws/execute-api/API/staging/health");
  await fetch("/told", {method: "POST", body: JSON.stringify(told)});
}
attack();
</script>"""


class Site:
    """A web site of a stranger: serves one page, and keeps what the page sends."""

    def __init__(self, host: str) -> None:
        site = self
        self.page = ""
        self.told: dict[str, Any] = {}
        self.is_told = threading.Event()

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self._answer(site.page)

            def do_POST(self) -> None:
                site.told = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                self._answer("")
                site.is_told.set()

            def _answer(self, text: str) -> None:
                self.send_response(200)
                self.send_header("Content-Type", "text/html; charset=utf-8")
                self.send_header("Content-Length", str(len(text.encode())))
                self.end_headers()
                self.wfile.write(text.encode())

            def log_message(self, *_: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.origin = f"http://{host}:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def site(request: pytest.FixtureRequest) -> Iterator[Site]:
    running = Site(request.param)
    yield running
    running.close()


def visit(site: Site, profile: Path) -> dict[str, Any]:
    """What the page sent after a browser had opened it."""
    assert CHROMIUM is not None
    argv = [CHROMIUM, "--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-dev-shm-usage"]
    argv += ["--no-proxy-server", "--disable-background-networking", f"--user-data-dir={profile}", site.origin]
    with (profile.parent / "chromium.log").open("wb") as log:
        browser = subprocess.Popen(argv, stdout=log, stderr=log)
        try:
            assert site.is_told.wait(LIMIT_SECONDS), (profile.parent / "chromium.log").read_text()[-2000:]
        finally:
            browser.terminate()
            browser.wait(LIMIT_SECONDS)
    return site.told


@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on PATH (chromium, chromium-browser or google-chrome)")
@pytest.mark.parametrize(
    ("site", "cloud", "is_allowed"),
    [
        pytest.param("127.0.0.1", "localhost", False, id="another site"),
        pytest.param("localhost", "localhost", False, id="another port of the same site"),
        pytest.param("localhost", "127.0.0.1", True, id="an origin that the API allows"),
    ],
    indirect=["site"],
)
def test_a_page_changes_nothing_and_reads_only_an_api_that_allows_it(
    sandbox: SandboxProcess, site: Site, cloud: str, is_allowed: bool, tmp_path: Path
):
    function = Function(sandbox)
    function.alias("live", function.publish())
    function.invoke()
    api = Api(function)
    if is_allowed:
        api.client.update_api(ApiId=api.id, CorsConfiguration={**Api.CORS, "AllowOrigins": [site.origin]})
    wanted = {
        "FunctionName": f"{function.name}-pwn",
        "Runtime": "python3.13",
        "Handler": "backend.entry.handle",
        "Role": f"arn:aws:iam::{sandbox.account}:role/x",
        "Code": {"ZipFile": b64encode(package()).decode()},
    }
    values = {
        "ADDRESS": f"http://{cloud}:{sandbox.port}",
        "FUNCTION": json.dumps(wanted),
        "VICTIM": function.name,
        "API": api.id,
        "MARK": "invoked-by-a-page",
    }
    site.page = re.sub("ADDRESS|FUNCTION|VICTIM|API|MARK", lambda word: values[word[0]], PAGE)
    results = visit(site, tmp_path / "profile")

    assert results.pop("origin") == site.origin
    answer = results.pop("api")
    assert (answer[:2] == ["cors", 200]) is is_allowed
    assert is_allowed or answer == ["unreadable"]
    assert len(results) == 15
    # A page never learns more than that something answered: opaque, without status and text.
    frames = {"frame": ["loaded"]}  # also a refusal is a document
    for name, end in results.items():
        assert end in (["unreadable"], ["opaque", 0, ""], ["error"], ["closed"], frames.get(name)), name
    names = [one["FunctionName"] for one in sandbox.client("lambda").list_functions(MaxItems=1000)["Functions"]]
    assert function.name in names
    assert wanted["FunctionName"] not in names
    assert "mallory" not in [one["UserName"] for one in sandbox.client("iam").list_users()["Users"]]
    calls = [event["message"] for event in function.log() if "invoked-by-a-page" in event["message"]]
    assert calls == []
    assert [call["path"] for call in api.access_log() if call["path"].endswith("/form")] == (
        ["/staging/form"] if is_allowed else []
    )
