"""The public endpoint, asked with httpx."""

import time
from functools import cached_property
from typing import TYPE_CHECKING

from hybridctl.domain.smoke import Answer, Call
from hybridctl.errors import AwsRefused, CheckFailed

if TYPE_CHECKING:
    import httpx

_TIMEOUT_SECONDS = 15.0  # a cold start behind the API's own 30 s limit


class HttpxProbe:
    """One kept-alive client; proxies of the environment are used for AWS hosts and never for loopback."""

    @cached_property
    def _client(self) -> "httpx.Client":
        import httpx

        return httpx.Client(timeout=_TIMEOUT_SECONDS, follow_redirects=False, mounts={"all://127.0.0.1": None})

    def download(self, url: str) -> bytes:
        """The body behind a URL, such as a presigned one of a function's package."""
        import httpx

        try:
            return self._client.get(url).raise_for_status().content
        except httpx.HTTPError as cause:
            raise AwsRefused(f"downloading {url.partition('?')[0]}: {cause}", hint="run it again") from cause

    def call(self, base: str, call: Call) -> Answer:
        """The answer of `base + call.path`; raises CheckFailed when nothing answers at all."""
        import httpx

        client = self._client  # made before the watch starts: its TLS context takes longer than a near answer
        started = time.monotonic()
        try:
            response = client.request(call.method, base + call.path, json=call.body, headers=dict(call.headers))
        except httpx.HTTPError as cause:
            why = str(cause) or type(cause).__name__
            raise CheckFailed(f"{call.method} {base}{call.path}: no answer: {why}", hint="hybridctl doctor") from cause
        headers = {name.lower(): value for name, value in response.headers.items()}
        return Answer(response.status_code, headers, response.text, time.monotonic() - started)
