"""Keep failures of the progress display from stopping the work."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import TypeVar

from hybridctl.domain.engine import EngineEvent
from hybridctl.domain.release import Step
from hybridctl.ports.run import Progress, StepNotes

T = TypeVar("T")


class SteadyProgress:
    """A progress that raises only errors of the work, and Ctrl-C; a dead terminal or a full disk silences it."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress

    @property
    def steps(self) -> Sequence[Step]:
        return _attempt(lambda: tuple(self._progress.steps)) or ()

    @contextmanager
    def step(self, name: str) -> Iterator[StepNotes]:
        shown: AbstractContextManager[StepNotes] | None = _attempt(lambda: self._progress.step(name))
        notes = _attempt(shown.__enter__) if shown is not None else None
        try:
            yield _SteadyNotes(notes)
        except BaseException as error:
            ended = (type(error), error, error.__traceback__)
            if shown is not None and notes is not None:
                _attempt(lambda: shown.__exit__(*ended))
            raise
        if shown is not None and notes is not None:
            _attempt(lambda: shown.__exit__(None, None, None))


class _SteadyNotes:
    def __init__(self, notes: StepNotes | None) -> None:
        self._notes = notes

    def now(self, text: str) -> None:
        if (notes := self._notes) is not None:
            _attempt(lambda: notes.now(text))

    def engine(self, event: EngineEvent, text: str) -> None:
        if (notes := self._notes) is not None:
            _attempt(lambda: notes.engine(event, text))

    def done(self, detail: str) -> None:
        if (notes := self._notes) is not None:
            _attempt(lambda: notes.done(detail))


def _attempt(speak: Callable[[], T]) -> T | None:
    try:
        return speak()
    except KeyboardInterrupt:
        raise
    except BaseException:  # SystemExit too: rich ends the program when nobody reads its output
        return None
