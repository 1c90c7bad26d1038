"""Notifies a webhook and a command about a release. A failure is only noted and does not affect the release."""

import json
import os
import signal
import subprocess
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from hybridctl.adapters.aws.release_records import to_record
from hybridctl.adapters.http import is_loopback
from hybridctl.domain.notification import describe_release, webhook_body
from hybridctl.domain.notify import Notify
from hybridctl.domain.release import Release

_WEBHOOK_SECONDS = 5.0
_COMMAND_SECONDS = 10.0


class _NotSent(Exception):
    """Why a notification failed. The text does not contain the webhook's URL, which is a secret."""


@dataclass(frozen=True, slots=True)
class ReleaseNotifier:
    """Sends notifications. `post` sends JSON to a URL with a timeout in seconds and returns the status; `say` shows a
    note.
    """

    notify: Notify
    project: str
    root: Path
    environ: Mapping[str, str]
    post: Callable[[str, object, float], int]
    say: Callable[[str], None]
    command_seconds: float = _COMMAND_SECONDS

    def tell(self, release: Release) -> None:
        """Send all notifications. Never raises; takes at most 15 seconds."""
        reasons = [why for why in (self._try(self._call, release), self._try(self._run, release)) if why]
        if reasons:
            with suppress(Exception):
                self.say(f"note: {'; '.join(reasons)}; the release is not affected")

    def _try(self, channel: Callable[[Release], None], release: Release) -> str:
        try:
            channel(release)
        except _NotSent as why:
            return str(why)
        except KeyboardInterrupt:
            return "a notification was interrupted"
        except Exception as cause:  # its text may contain the URL
            return f"a notification failed ({type(cause).__name__})"
        return ""

    def _call(self, release: Release) -> None:
        name = self.notify.webhook_variable
        if not name:
            return
        url = self.environ.get(name, "").strip()
        if not url:
            raise _NotSent(f"the webhook was not called: {name} is not set")
        if not (url.startswith("https://") or _is_on_this_machine(url)):
            raise _NotSent(f"the webhook was not called: {name} is not an https:// address")
        body = webhook_body(self.notify.format, describe_release(self.project, release))
        try:
            status = self.post(url, body, _WEBHOOK_SECONDS)
        except Exception as cause:
            raise _NotSent(f"the webhook in {name} did not respond ({type(cause).__name__})") from None
        if not 200 <= status < 300:
            raise _NotSent(f"the webhook in {name} answered {status}")

    def _run(self, release: Release) -> None:
        command = self.notify.command
        if not command:
            return
        try:
            child = subprocess.Popen(
                command,
                cwd=self.root,
                env=dict(self.environ),
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
            )
        except (OSError, ValueError) as cause:
            why = cause.strerror if isinstance(cause, OSError) else type(cause).__name__
            raise _NotSent(f"{command[0]} could not be started: {why}") from None
        try:
            child.communicate(json.dumps(to_record(release)).encode(), self.command_seconds)
        except BaseException as cause:
            with suppress(ProcessLookupError):
                os.killpg(child.pid, signal.SIGKILL)
            child.wait()
            if isinstance(cause, subprocess.TimeoutExpired):
                raise _NotSent(f"{command[0]} was stopped after {self.command_seconds:g} s") from None
            raise
        if child.returncode:
            raise _NotSent(f"{command[0]} exited with code {child.returncode}")


def _is_on_this_machine(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return parts.scheme == "http" and is_loopback(parts.hostname or "")
    except ValueError:
        return False
