"""Which lines to show. Every line is checked here; CloudWatch filters too, if that cannot lose a line."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from hybridctl.domain.logs.events import LEVELS, Line, LineKind
from hybridctl.domain.visible_text import to_json
from hybridctl.errors import UsageInvalid
from hybridctl.log_json import read_object

_PLAIN = frozenset("_#=@;,-")  # accepted unescaped in a CloudWatch regular expression, besides letters and digits
_OPERATORS = frozenset("^$?[]{}|\\*+.")
_ANSWERED = frozenset({LineKind.REQUEST, LineKind.ACCESS})
# A part of a message that is always stored as it is displayed. JSON writers may escape quotes, backslashes and slashes,
# and for HTML also < > & ' + =. An error's type and message are two fields, displayed with a colon between them.
_LITERAL_RUN = r"""[^\x00-\x1f\x7f-\U0010ffff"\\/<>&'+=:]+"""  # slow to compile, and most runs do not need it


@dataclass(frozen=True, slots=True)
class Statuses:
    """A range of HTTP statuses, both ends included."""

    low: int
    high: int

    def __contains__(self, status: object) -> bool:
        return isinstance(status, int) and self.low <= status <= self.high


@dataclass(frozen=True, slots=True)
class LogFilter:
    """The conditions for a line; all that are set must be true. `level` includes more severe levels."""

    grep: str | None = None
    level: str | None = None
    request_id: str | None = None
    version: str | None = None
    status: Statuses | None = None
    _found: Callable[[str], bool] | None = field(default=None, compare=False, repr=False)

    def matches(self, line: Line) -> bool:
        if self.version is not None and line.version != self.version:
            return False
        if self.level is not None and LEVELS[line.level] < LEVELS[self.level]:
            return False
        if self.request_id is not None and self.request_id not in line.event.message:
            return False
        if self.status is not None and (line.kind not in _ANSWERED or line.fields.get("status") not in self.status):
            return False
        return self._found is None or any(map(self._found, texts_of(line.event.message)))

    @property
    def reads(self) -> bool:
        """Whether the filter needs a parsed line, not only its text."""
        return (self.version, self.level, self.status) != (None, None, None)

    @property
    def access_pattern(self) -> str | None:
        """The filter pattern for the API's access log, in which the status is a string."""
        if self.status is not None:
            low, high = self.status.low, self.status.high
            return f'{{ $.status = "{low if low == high else f"{low // 100}*"}" }}'
        return self.pattern

    @property
    def pattern_of_both(self) -> str | None:
        """One filter pattern for both logs."""
        if self.pattern is None or self.pattern == self.access_pattern:
            return self.pattern
        ours, theirs = (found.strip("{} ") for found in (self.pattern, self.access_pattern or ""))
        return f"{{ ({ours}) || ({theirs}) }}"

    @property
    def keeps_reports(self) -> bool:
        """Whether a request's START and REPORT lines can match."""
        drops_info = self.level is not None and LEVELS[self.level] > LEVELS["INFO"]
        return not (self.grep or self.status or drops_info)

    @property
    def pattern(self) -> str | None:
        """A CloudWatch filter pattern that lets through at least everything that `matches` accepts, or None.

        It does not include the level: the later lines of a traceback are separate events without a level. It does not
        include the version: a log stream's name starts with the day of its creation, so no prefix selects all streams
        of one version. Quoted phrases match whole words only, so text becomes a regular expression:
        docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html
        """
        if self.status is not None:
            low, high = self.status.low, self.status.high
            return f"{{ ($.status >= {low}) && ($.status <= {high}) }}"
        if self.request_id is not None:
            return text_pattern(self.request_id)
        return text_pattern(self.grep) if self.grep and not _is_regex(self.grep) else None


def make_filter(
    *,
    grep: str | None = None,
    level: str | None = None,
    request_id: str | None = None,
    version: int | None = None,
    status: str | None = None,
) -> LogFilter:
    """Return the filter for the options. Raises UsageInvalid, which names the invalid option."""
    if level is not None and level.upper() not in LEVELS:
        raise UsageInvalid(f"--level {level}: no such level", hint="debug, info, warning, error or critical")
    return LogFilter(
        grep=grep or None,
        level=level.upper() if level else None,
        request_id=request_id or None,
        version=str(version) if version is not None else None,
        status=parse_statuses(status) if status else None,
        _found=_finder(grep) if grep else None,
    )


def parse_statuses(text: str) -> Statuses:
    """Parse `404` or `5xx` as a range. Raises UsageInvalid."""
    if re.fullmatch(r"[1-5]\d\d", text):
        return Statuses(int(text), int(text))
    if re.fullmatch(r"[1-5][xX]{2}", text):
        return Statuses(int(text[0]) * 100, int(text[0]) * 100 + 99)
    raise UsageInvalid(f"--status {text}: not a status", hint="use a status such as 404, or a class such as 5xx")


def text_pattern(text: str) -> str | None:
    """Return a pattern for messages that contain `text`, as it is or escaped in JSON; None if `text` is too short to be
    useful.

    The pattern is the longest run of characters that no JSON writer escapes, with a dot for each character that the
    service does not accept.
    """
    runs = re.findall(_LITERAL_RUN, text)
    longest = max(runs, key=len, default="")
    if sum(sign.isalnum() for sign in longest) < 3:  # too short to be useful
        return None
    return "%" + "".join(_sign(sign) for sign in longest[:200]) + "%"


def _sign(sign: str) -> str:
    if sign.isalnum() or sign in _PLAIN:
        return sign
    return f"\\{sign}" if sign in _OPERATORS else "."


def texts_of(message: str) -> Iterator[str]:
    """Yield the searchable texts of a message: the message itself and, for JSON, the text as it is displayed."""
    yield message
    if ("\\" in message or '"error' in message) and (fields := read_object(message)) is not None:
        yield to_json(fields)
        yield from _strings(fields)
        for error in (fields, fields.get("error")):
            if isinstance(error, dict):
                yield f"{error.get('errorType', error.get('type'))}: {error.get('errorMessage', error.get('message'))}"


def _strings(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for member in value.values() if isinstance(value, dict) else value:
            yield from _strings(member)


def _is_regex(grep: str) -> bool:
    return len(grep) > 2 and grep.startswith("/") and grep.endswith("/")


def _finder(grep: str) -> Callable[[str], bool]:
    if not _is_regex(grep):
        return lambda message: grep in message
    try:
        searched = re.compile(grep[1:-1])
    except re.error as cause:
        raise UsageInvalid(
            f"--grep {grep}: not a regular expression: {cause}", hint="without slashes it is plain text"
        ) from cause
    return lambda message: searched.search(message) is not None
