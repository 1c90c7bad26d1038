"""Where hybridctl speaks: results on stdout, talk on stderr, and the questions it asks."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum, unique
from typing import TYPE_CHECKING

from rich.console import Console

from hybridctl.domain.environment import Consent
from hybridctl.errors import Declined, HybridctlError, NeedsConsent
from hybridctl.ports import Clock, Events
from hybridctl.views.nobody import NOBODY
from hybridctl.views.render import as_json, render

if TYPE_CHECKING:
    from hybridctl.views.progress import ScreenProgress


@unique
class Output(StrEnum):
    TEXT = "text"
    JSON = "json"


@dataclass
class Screen:
    """Two consoles and one habit: a program that reads stdout never meets anything but the result.

    `answers` says whether somebody at a terminal can answer a question.
    """

    out: Console
    err: Console
    clock: Clock
    output: Output = Output.TEXT
    debug: bool = False
    answers: Callable[[], bool] = lambda: False
    events: Events = NOBODY

    def result(self, result: object) -> None:
        if self.output is Output.JSON:
            self._json(as_json(result))
        else:
            _show(self.out, result)

    def plain(self, text: str) -> None:
        """One value for a shell to take, unadorned."""
        self.out.print(text, soft_wrap=True, markup=False, highlight=False)

    def say(self, subject: object) -> None:
        """Progress, a note or a plan, on stderr."""
        if isinstance(subject, str):
            self.err.print(subject, soft_wrap=True, markup=False, highlight=False)
        else:
            _show(self.err, subject)

    def progress(self) -> "ScreenProgress":
        from hybridctl.views.progress import ScreenProgress

        return ScreenProgress(self.err, self.clock, self.events)

    def must_be_answerable(self, question: str, wanted: Consent, *, given: bool) -> None:
        """Return if `consent` could be had; NeedsConsent when it is needed and there is nobody to ask."""
        if given or wanted is Consent.NONE or (self.err.is_terminal and self.answers()):
            return
        raise NeedsConsent(f"{question}: there is no terminal to ask at", hint="add --yes")

    def consent(self, question: str, name: str, wanted: Consent, *, given: bool) -> None:
        """Ask for what a change needs; without a terminal nothing is asked and NeedsConsent is raised."""
        if given or wanted is Consent.NONE:
            return
        self.must_be_answerable(question, wanted, given=given)
        self.events.write("question", question=question)
        expected = name if wanted is Consent.TYPED else "y"
        prompt = f"{question}? Type {name} to go on: " if wanted is Consent.TYPED else f"{question}? [y/N] "
        answer = self.err.input(prompt, markup=False).strip()
        if answer != expected and not (wanted is Consent.CONFIRM and answer.lower() in ("y", "yes")):
            raise Declined("declined: nothing was changed")

    def error(self, error: HybridctlError) -> None:
        """The failure, for people on stderr; with JSON output also as the one document on stdout."""
        self.events.write("error", code=error.code, message=str(error), hint=error.hint)
        if self.output is Output.JSON:
            body: dict[str, object] = {"error": {"code": error.code, "message": str(error), "hint": error.hint}}
            if error.result is not None:
                body["result"] = as_json(error.result)
            self._json(body)
        elif error.result is not None:
            _show(self.out, error.result)
        self.err.print(f"error: {error}", style="red", soft_wrap=True, markup=False, highlight=False)
        if error.hint:
            self.err.print(f"hint: {error.hint}", soft_wrap=True, markup=False, highlight=False)

    def _json(self, value: object) -> None:
        self.out.file.write(json.dumps(value, indent=2, ensure_ascii=False) + "\n")


def _show(console: Console, subject: object) -> None:
    """Print a result; in a pipe or a file without the spaces that fill a table's last column.

    Not cropped: a view that wants a line whole, to be copied, gets it whole.
    """
    if console.is_terminal:
        console.print(render(subject), crop=False)
        return
    with console.capture() as captured:
        console.print(render(subject), crop=False)
    console.file.write("".join(f"{line.rstrip(' ')}\n" for line in captured.get().splitlines()))
