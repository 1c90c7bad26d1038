"""Output and questions: results on stdout, everything else on stderr."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum, unique
from typing import TYPE_CHECKING

from hybridctl.domain.environment import Consent, Place
from hybridctl.domain.visible_text import make_visible, to_json
from hybridctl.errors import Declined, HybridctlError, NeedsConsent
from hybridctl.ports.run import Clock, Events
from hybridctl.views.no_events import NO_EVENTS
from hybridctl.views.place_line import list_parts
from hybridctl.views.printer import Printer
from hybridctl.views.stream import ReaderGone, Stream

if TYPE_CHECKING:
    from hybridctl.views.github_job import GitHubJob
    from hybridctl.views.progress import ScreenProgress

Styled = Sequence[tuple[str, str]]  # the parts of a line, each with its style or none


@unique
class Output(StrEnum):
    TEXT = "text"
    JSON = "json"


@dataclass
class Screen:
    """The two outputs; a program that reads stdout gets nothing but the result.

    `answers` is True if a user at a terminal can answer questions. With `quiet`, notes are left out, except those that
    a question is about. `job` is the GitHub Actions job that this run is a step of.
    """

    out: Printer
    err: Printer
    clock: Clock
    output: Output = Output.TEXT
    debug: bool = False
    quiet: bool = False
    answers: Callable[[], bool] = lambda: False
    events: Events = NO_EVENTS
    job: "GitHubJob | None" = None
    _unsaid: list[tuple[object, str]] = field(default_factory=list)

    def result(self, result: object) -> None:
        if self.job:
            self.job.hear(result)
        if self.output is Output.JSON:
            from hybridctl.views.render import as_json

            self.json(as_json(result))
        else:
            _show(self.out, result)

    def plain(self, text: str) -> None:
        """Print one plain value for a shell."""
        self.out.file.write(f"{make_visible(text)}\n")

    def lines(self, lines: Iterable[Styled]) -> None:
        """Print lines on stdout, each of parts with or without a style. They bypass rich, whose layout takes thirty
        times as long.

        They are flushed together.
        """
        paints = self.out.is_painted
        text = "".join(f"{''.join(_part(part, style, paints) for part, style in line).rstrip()}\n" for line in lines)
        if text:
            self.out.file.write(text)
            self.out.file.flush()

    def json(self, value: object, *, indent: int | None = 2) -> None:
        """Print one JSON document on stdout, in ASCII if the stream accepts nothing else."""
        ascii_only = not self.out.encoding.lower().startswith("utf")
        self.out.file.write(f"{to_json(value, indent=indent, ascii_only=ascii_only)}\n")
        self.out.file.flush()

    def say(self, subject: object, style: str = "") -> None:
        """Print progress, a note or a plan on stderr; on a terminal it wraps between words."""
        if self.job and not isinstance(subject, str):
            self.job.hear(subject)
        if self.quiet and not self.debug:
            self._unsaid.append((subject, style))
        else:
            self._speak(subject, style)

    def _speak(self, subject: object, style: str = "") -> None:
        if isinstance(subject, Place) and not self.err.is_terminal:
            subject = "".join(part for part, _ in list_parts(subject))
        if not isinstance(subject, str):
            _show(self.err, subject)
        elif self.err.is_terminal:
            from rich.text import Text

            from hybridctl.views.rows import fold

            console = self.err.console
            for line in fold(Text(subject, style), console.width):
                console.print(line, soft_wrap=True)
        else:
            self.err.file.write(f"{make_visible(subject)}\n")

    def finish(self) -> None:
        """Write everything that is left, however long its readers take. Never raises."""
        for printer in (self.out, self.err):
            if isinstance(printer.file, Stream):
                printer.file.finish()
        self.events.finish()

    @property
    def lost(self) -> Exception | None:
        """Return why a result could not be written although someone wants it, as on a full disk."""
        stream = self.out.file
        stream.flush()
        return stream.lost if isinstance(stream, Stream) and stream.is_unwritable else None

    def must_have_reader(self) -> None:
        """Raise ReaderGone when nobody reads any more, even while nothing is printed; for commands that run until
        stopped.
        """
        if isinstance(self.out.file, Stream) and self.out.file.is_abandoned:
            raise ReaderGone

    def progress(self) -> "ScreenProgress":
        from hybridctl.views.progress import ScreenProgress

        return ScreenProgress(self.err, self.clock, self.events, quiet=self.quiet)

    def must_be_answerable(self, question: str, wanted: Consent, *, given: bool) -> None:
        """Raise NeedsConsent if consent is required and nobody can be asked."""
        if given or wanted is Consent.NONE or (self.err.is_terminal and self.answers()):
            return
        raise _nobody_answers(question)

    def consent(self, question: str, name: str, wanted: Consent, *, given: bool) -> None:
        """Ask for the consent that a change requires. Raises NeedsConsent if there is no terminal, or if it closes."""
        if given or wanted is Consent.NONE:
            return
        self.must_be_answerable(question, wanted, given=given)
        for subject, style in self._unsaid:
            self._speak(subject, style)
        self._unsaid.clear()
        self.events.write("question", question=question)
        expected = name if wanted is Consent.TYPED else "y"
        prompt = f"{question}? Type {name} to continue: " if wanted is Consent.TYPED else f"{question}? [y/N] "
        try:
            answer = self.err.console.input(prompt, markup=False).strip()
        except (EOFError, OSError, ValueError, RuntimeError) as cause:  # the terminal was closed, or stdin is no text
            raise _nobody_answers(question) from cause
        if answer != expected and not (wanted is Consent.CONFIRM and answer.lower() in ("y", "yes")):
            raise Declined("cancelled: nothing was changed")

    def ask(self, question: str, default: str) -> str:
        """Ask the user and return the answer; `default` for an empty one, or without a terminal.

        Raises NeedsConsent if the terminal closes.
        """
        if not (self.err.is_terminal and self.answers()):
            return default
        self.events.write("question", question=question)
        try:
            return self.err.console.input(f"{question} [{default}]: ", markup=False).strip() or default
        except (EOFError, OSError, ValueError, RuntimeError) as cause:  # the terminal was closed, or stdin is no text
            raise _nobody_answers(question) from cause

    def error(self, error: HybridctlError) -> None:
        """Show an error for people on stderr; with JSON output also as the one document on stdout."""
        self.events.write("error", code=error.code, message=str(error), hint=error.hint)
        if self.job:
            self.job.fail(error)
        if self.output is Output.JSON:
            from hybridctl.views.render import as_json

            body: dict[str, object] = {"error": {"code": error.code, "message": str(error), "hint": error.hint}}
            if error.result is not None:
                body["result"] = as_json(error.result)
            self.json(body)
        elif error.result is not None:
            _show(self.out, error.result)
        self._speak(f"error: {error}", "red")
        if error.hint:
            self._speak(f"hint: {error.hint}")


def _nobody_answers(question: str) -> NeedsConsent:
    return NeedsConsent(f"{question}: confirmation is required, but there is no terminal", hint="add --yes")


def _part(text: str, style: str, paints: bool) -> str:
    """Return a part of a line, without line breaks."""
    shown = make_visible(text)
    if "\n" in shown:
        shown = shown.replace("\n", "\\n")
    if not (paints and style):
        return shown
    from rich.color import ColorSystem
    from rich.style import Style

    return Style.parse(style).render(shown, color_system=ColorSystem.STANDARD)


def _show(printer: Printer, subject: object) -> None:
    """Print a result; in a pipe or file without trailing spaces of a table's last column.

    Lines are not cropped, so that a view can print a command that is copied whole.
    """
    from hybridctl.views.render import render
    from hybridctl.views.rows import keep_words

    console = printer.console
    shown = keep_words(render(subject))
    if console.is_terminal:
        console.print(shown, crop=False)
        return
    with console.capture() as captured:
        console.print(shown, crop=False)
    console.file.write("".join(f"{line.rstrip(' ')}\n" for line in captured.get().removesuffix("\n").split("\n")))
