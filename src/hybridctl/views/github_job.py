"""hybridctl as a step of a GitHub Actions job: results in the job's summary, failures as annotations.

Source: https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands (summary, error, warning).
"""

import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import singledispatch

from hybridctl.domain.changes import Changes
from hybridctl.domain.diagnosis import Diagnosis, Finding, Level
from hybridctl.domain.environment import Place
from hybridctl.domain.smoke import SmokeReport
from hybridctl.domain.status import Status
from hybridctl.domain.visible_text import make_visible
from hybridctl.errors import HybridctlError
from hybridctl.operations.deploy import Deployed
from hybridctl.views.markdown import as_markdown, escape

_MOST = 10  # annotations of one kind that GitHub shows of a step
_SEVERITY = {Level.FAIL: "error", Level.UNKNOWN: "error", Level.WARN: "warning"}


class GitHubJob:
    """Writes Markdown with `summarise` and workflow commands with `command`; its own failures are never raised."""

    def __init__(self, summarise: Callable[[str], None], command: Callable[[str], None]) -> None:
        self._summarise = summarise
        self._command = command
        self._heading = ""
        self._annotated = 0
        self._plan: Changes | None = None
        self.doing = "hybridctl"  # the command that was typed

    def hear(self, subject: object) -> None:
        """Add a result, or a plan that is about to be confirmed, to the summary."""
        with suppress(Exception):
            if isinstance(subject, Place):
                self._heading = f"### {escape(f'{self.doing} {subject.environment}')}\n\n"
                return
            if isinstance(subject, Changes):
                self._plan = subject
            if isinstance(subject, Deployed) and subject.changes is not self._plan:  # in the sandbox nobody was asked
                self._write(as_markdown(subject.changes))
            self._write(as_markdown(subject))
            for severity, title, message in annotations_of(subject):
                self._annotate(severity, f"{self.doing}: {title}", message)

    def fail(self, error: HybridctlError) -> None:
        """Add the command's error to the summary and the annotations."""
        with suppress(Exception):
            told = f"{error}\nhint: {error.hint}" if error.hint else str(error)
            self._annotate("error", self.doing, told)
            parts = [as_markdown(error.result), f"**error** {escape(str(error))}\n"]
            parts += [f"hint: {escape(error.hint)}\n"] if error.hint else []
            self._write("\n".join(part for part in parts if part))

    def _write(self, text: str) -> None:
        if text:
            heading, self._heading = self._heading, ""
            self._summarise(f"{heading}{text}\n")

    def _annotate(self, severity: str, title: str, message: str) -> None:
        if self._annotated < _MOST:
            self._annotated += 1
            self._command(f"::{severity} title={escape_property(title)}::{escape_data(message)}")


def escape_data(text: str) -> str:
    """Escape the message of a workflow command, which ends at the end of the line."""
    shown = "".join(part if part in "\r\n" else make_visible(part) for part in re.split(r"([\r\n])", text))
    return shown.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def escape_property(text: str) -> str:
    """Escape a property of a workflow command, which also ends at a comma or colon."""
    return escape_data(text).replace(":", "%3A").replace(",", "%2C")


@singledispatch
def annotations_of(_result: object) -> Iterator[tuple[str, str, str]]:
    """Return severity, title and message of problems in a result that is not an error."""
    return iter(())


@annotations_of.register
def _(report: SmokeReport) -> Iterator[tuple[str, str, str]]:
    return (("error", check.name, check.detail) for check in report.failed)


@annotations_of.register
def _(status: Status) -> Iterator[tuple[str, str, str]]:
    return _of(status.findings)


@annotations_of.register
def _(found: Diagnosis) -> Iterator[tuple[str, str, str]]:
    return _of(found.findings)


def _of(findings: tuple[Finding, ...]) -> Iterator[tuple[str, str, str]]:
    for one in findings:
        if one.level in _SEVERITY and not one.fixed:
            told = f"{one.detail}\n{one.fix}" if one.fix else one.detail
            yield _SEVERITY[one.level], one.name, told
