"""Which lines are wanted: decided here for every line, and told to CloudWatch where that cannot lose one."""

import re
from collections.abc import Callable, Iterator
from dataclasses import field

from hybridctl.domain.logs.events import LEVELS, Line, LineKind
from hybridctl.domain.visible import to_json
from hybridctl.errors import UsageInvalid
from hybridctl.log_json import read_object
from hybridctl.values import dataclass

_PLAIN = frozenset("_#=@;,-")  # what a CloudWatch regular expression takes as it is, besides letters and digits
_OPERATORS = frozenset("^$?[]{}|\\*+.")
_ANSWERED = frozenset({LineKind.REQUEST, LineKind.ACCESS})
# What a message holds as it is displayed. JSON writers may escape quotes, backslashes and slashes, and for HTML's sake
# < > & ' + =; an error's type and message stand in two fields, and are displayed with a colon between them.
_LITERAL_RUN = re.compile(r"""[^\x00-\x1f\x7f-\U0010ffff"\\/<>&'+=:]+""")


@dataclass(frozen=True, slots=True)
class Statuses:
    """A range of HTTP statuses, both ends included."""

    low: int
    high: int

    def __contains__(self, status: object) -> bool:
        return isinstance(status, int) and self.low <= status <= self.high


@dataclass(frozen=True, slots=True)
class LogFilter:
    """The lines wanted; every part that is given must hold. `level` means that one and all that are more severe."""

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
        """Whether more of a line than its text has to be known."""
        return (self.version, self.level, self.status) != (None, None, None)

    @property
    def access_pattern(self) -> str | None:
        """The same for the API's access log, whose status is a string."""
        if self.status is not None:
            low, high = self.status.low, self.status.high
            return f'{{ $.status = "{low if low == high else f"{low // 100}*"}" }}'
        return self.pattern

    @property
    def pattern_of_both(self) -> str | None:
        """The same for both logs at once."""
        if self.pattern is None or self.pattern == self.access_pattern:
            return self.pattern
        ours, theirs = (found.strip("{} ") for found in (self.pattern, self.access_pattern or ""))
        return f"{{ ({ours}) || ({theirs}) }}"

    @property
    def keeps_reports(self) -> bool:
        """Whether a request's START and REPORT lines can be among those that match."""
        drops_info = self.level is not None and LEVELS[self.level] > LEVELS["INFO"]
        return not (self.grep or self.status or drops_info)

    @property
    def pattern(self) -> str | None:
        """A CloudWatch filter pattern that lets through at least what `matches` does, or None.

        A level is not part of it: the later lines of a traceback are events that do not name their level. Nor is the
        version: a log stream is named by the day of its birth, so no prefix holds all of one version's streams.
        Quoted phrases match whole words only, so text goes into a regular expression:
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
    """The filter for what was typed; raises UsageInvalid naming the option that cannot be read."""
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
    """`404` or `5xx` as a range; raises UsageInvalid."""
    if re.fullmatch(r"[1-5]\d\d", text):
        return Statuses(int(text), int(text))
    if re.fullmatch(r"[1-5][xX]{2}", text):
        return Statuses(int(text[0]) * 100, int(text[0]) * 100 + 99)
    raise UsageInvalid(f"--status {text}: not a status", hint="use a status such as 404, or a class such as 5xx")


def text_pattern(text: str) -> str | None:
    """A pattern for messages that hold `text`, as it is or escaped in JSON.

    It is the longest run of signs that no JSON writer escapes, with a dot where the service takes no such sign.
    """
    runs = _LITERAL_RUN.findall(text)
    longest = max(runs, key=len, default="")
    if sum(sign.isalnum() for sign in longest) < 3:  # too little to narrow anything
        return None
    return "%" + "".join(_sign(sign) for sign in longest[:200]) + "%"


def _sign(sign: str) -> str:
    if sign.isalnum() or sign in _PLAIN:
        return sign
    return f"\\{sign}" if sign in _OPERATORS else "."


def texts_of(message: str) -> Iterator[str]:
    """What can be searched in a message: its text, and where it is JSON the same as it is displayed."""
    yield message
    if ("\\" in message or '"error' in message) and (found := read_object(message)) is not None:
        yield to_json(found)
        yield from _strings(found)
        for error in (found, found.get("error")):
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
