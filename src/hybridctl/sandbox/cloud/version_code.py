"""Let GetFunction of a version return that version's zip; the emulator always returns the newest code."""

import json
from collections.abc import Callable
from urllib.parse import urlsplit

from hybridctl.sandbox.cloud import emulator
from hybridctl.sandbox.cloud.emulator import Answer, Original


class VersionCode:
    """`link` returns a temporary URL of a path that requires no key."""

    def __init__(self, link: Callable[[str], str]) -> None:
        self._link = link
        self._lambda = emulator.service("lambda_svc", "_functions")

    def install(self) -> None:
        emulator.replace(self._lambda.module, "_get_function", "name qualifier", self._get)
        emulator.replace(self._lambda.module, "serve_function_code", "func_name account_id region", self._serve)

    def _get(self, original: Original, name: str, qualifier: str | None = None) -> Answer:
        status, headers, body = original(name, qualifier)
        if status != 200:
            return status, headers, body
        answer = json.loads(body)
        version, place = answer["Configuration"]["Version"], answer["Code"].get("Location")
        if place and version.isdigit():
            answer["Code"]["Location"] = self._link(f"{urlsplit(place).path}:{version}")
        return status, headers, json.dumps(answer).encode()

    def _serve(self, original: Original, name: str, account_id: str | None = None, region: str | None = None) -> Answer:
        function, _, version = name.partition(":")
        answer = original(function, account_id=account_id, region=region)
        if answer[0] != 200 or not version:
            return answer
        published = self._lambda["_functions"].get_scoped(account_id, region, function)["versions"].get(version)
        if published is None:
            return 404, {"Content-Type": "text/plain"}, b"Version not found"
        return 200, answer[1], published["code_zip"] or b""
