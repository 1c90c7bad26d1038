"""Levels of lines without a level of their own. The lines of a traceback have the level of its first line."""

from collections.abc import Iterable

from hybridctl.domain.logs.events import Line, LineKind

_STREAMS = 1000


class Levels:
    """Gives an indented line, and the last line of a traceback, the level of the line before it in the same stream."""

    def __init__(self) -> None:
        self._before: dict[str, tuple[str, bool]] = {}

    def inherit(self, lines: Iterable[Line]) -> list[Line]:
        return [self._inherit(line) for line in lines]

    def _inherit(self, line: Line) -> Line:
        if line.kind is not LineKind.TEXT:
            self._before.pop(line.event.stream, None)
            return line
        level, was_indented = self._before.get(line.event.stream, (line.level, False))
        indented = line.event.message[:1] in (" ", "\t")
        if (indented or was_indented) and level != line.level and line.level == "INFO":
            line = line._replace(level=level)
        if len(self._before) > _STREAMS:
            self._before.clear()
        self._before[line.event.stream] = (line.level, indented)
        return line
