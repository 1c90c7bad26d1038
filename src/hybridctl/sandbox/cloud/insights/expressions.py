"""Expressions of Logs Insights: read once, then evaluated for each event."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

Row = Mapping[str, Any]
Value = Any  # a number, a string, a truth value, or None where a field is missing
Evaluate = Callable[[Row], Value]

_TOKEN = re.compile(
    r"""\s*(?:
    (?P<regex>/(?:\\.|[^/\\])+/[a-z]*)
  | (?P<string>"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*')
  | (?P<number>\d+(?:\.\d+)?(?![\w.]))
  | (?P<span>\d+(?:ms|s|m|h|d|w)\b)
  | (?P<quoted>`[^`]+`)
  | (?P<name>[@A-Za-z_][\w.@]*)
  | (?P<sign><=|>=|!=|=~|[=<>()\[\],+*%|-])
  | (?P<slash>/)
  | (?P<comment>\#[^\n]*)
    )""",
    re.VERBOSE,
)
_SECONDS = {"ms": 0.001, "s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}


class Malformed(Exception):
    """The query cannot be read; its text is what Logs Insights would answer with MalformedQueryException."""


class Token(NamedTuple):
    """A piece of the query; `at` and `end` are its place in it."""

    kind: str
    text: str
    at: int
    end: int


def tokens(text: str) -> list[Token]:
    """The text in pieces; a slash begins a regular expression only where no value stands before it."""
    found: list[Token] = []
    at = 0
    while text[at:].strip():
        match = _TOKEN.match(text, at)
        parsed = len(found) > 1 and found[-2].text.lower() == "parse"  # parse FIELD /…/
        if match is not None and match.lastgroup == "regex" and found and _is_value(found[-1]) and not parsed:
            slash = text.index("/", at)
            found.append(Token("slash", "/", slash, slash + 1))
            at = slash + 1
            continue
        if match is None or match.lastgroup is None:
            raise Malformed(f"unexpected {text[at:].strip()[:20]!r}")
        at = match.end()
        if match.lastgroup != "comment":
            found.append(Token(match.lastgroup, match[match.lastgroup], *match.span(match.lastgroup)))
    return found


def _is_value(token: Token) -> bool:
    words = ("like", "not", "and", "or", "in", "parse")
    return token.text in (")", "]") or (
        token.kind in ("string", "number", "quoted", "name") and token.text.lower() not in words
    )


@dataclass(slots=True)
class Reader:
    """Takes the tokens of one command of the query `text` from the front."""

    text: str
    tokens: list[Token]
    at: int = 0

    def written(self, began: int) -> str:
        """What was taken since then, as it was written."""
        return self.text[self.tokens[began].at : self.tokens[self.at - 1].end]

    @property
    def rest(self) -> Token | None:
        return self.tokens[self.at] if self.at < len(self.tokens) else None

    def take(self) -> Token:
        token = self.rest
        if token is None:
            raise Malformed("the query ends too early")
        self.at += 1
        return token

    def takes(self, *texts: str) -> str | None:
        """Take the next token if it is one of these words or signs; its text in lower case."""
        token = self.rest
        if token is None or token.kind not in ("name", "sign", "slash") or token.text.lower() not in texts:
            return None
        self.at += 1
        return token.text.lower()

    def must(self, text: str) -> None:
        if self.takes(text) is None:
            raise Malformed(f"expected {text!r} {self.where()}")

    def where(self) -> str:
        return f"before {self.rest.text!r}" if self.rest else "at the end"

    def is_done(self) -> None:
        if self.rest is not None:
            raise Malformed(f"unexpected {self.rest.text!r}")


def expression(reader: Reader) -> Evaluate:
    """The loosest binding first: or, and, not, comparisons, sums, products."""
    left = _conjunction(reader)
    while reader.takes("or"):
        left = _either(left, _conjunction(reader))
    return left


def _conjunction(reader: Reader) -> Evaluate:
    left = _negation(reader)
    while reader.takes("and"):
        left = _both(left, _negation(reader))
    return left


def _negation(reader: Reader) -> Evaluate:
    if reader.takes("not"):
        inner = _negation(reader)
        return lambda row: not inner(row)
    return _comparison(reader)


def _comparison(reader: Reader) -> Evaluate:
    left = _sum(reader)
    turned = reader.takes("not") is not None
    if sign := reader.takes("=", "!=", "<", "<=", ">", ">="):
        made = _compared(left, sign, _sum(reader))
    elif reader.takes("like", "=~"):
        made = _matching(left, reader.take())
    elif reader.takes("in"):
        made = _among(left, reader)
    elif turned:
        raise Malformed(f"expected like or in {reader.where()}")
    else:
        return left
    return (lambda row: not made(row)) if turned else made


def _sum(reader: Reader) -> Evaluate:
    left = _product(reader)
    while sign := reader.takes("+", "-"):
        left = _calculated(left, sign, _product(reader))
    return left


def _product(reader: Reader) -> Evaluate:
    left = _primary(reader)
    while sign := reader.takes("*", "/", "%"):
        left = _calculated(left, sign, _primary(reader))
    return left


def _primary(reader: Reader) -> Evaluate:
    if reader.takes("("):
        inner = expression(reader)
        reader.must(")")
        return inner
    if reader.takes("-"):
        inner = _primary(reader)
        return lambda row: None if (value := number(inner(row))) is None else -value
    token = reader.take()
    match token.kind:
        case "number":
            return _constant(float(token.text))
        case "string":
            return _constant(text_of(token))
        case "name" if reader.takes("("):
            return _function(token.text, reader)
        case "name" | "quoted":
            name = token.text.strip("`")
            return lambda row: row.get(name)
    raise Malformed(f"unexpected {token.text!r}")


def _function(name: str, reader: Reader) -> Evaluate:
    if name.lower() == "bin":
        return _bin(reader)
    arguments = [expression(reader)]
    while reader.takes(","):
        arguments.append(expression(reader))
    reader.must(")")
    first = arguments[0]
    match name.lower(), len(arguments):
        case "ispresent", 1:
            return lambda row: first(row) is not None
        case "strlen", 1:
            return lambda row: None if (value := first(row)) is None else len(shown(value))
        case "tolower", 1:
            return lambda row: None if (value := first(row)) is None else shown(value).lower()
        case "toupper", 1:
            return lambda row: None if (value := first(row)) is None else shown(value).upper()
        case "strcontains", 2:
            return lambda row: int(shown(arguments[1](row)) in shown(first(row)))
        case "tomillis", 1:
            return lambda row: row.get("@timestamp_ms")
    raise Malformed(f"the sandbox does not know the function {name} with {len(arguments)} arguments")


def _bin(reader: Reader) -> Evaluate:
    token = reader.take()
    if token.kind != "span":
        raise Malformed(f"bin takes a period such as 5m, not {token.text!r}")
    reader.must(")")
    length = int(span_seconds(token.text) * 1000)
    return lambda row: moment(int(row["@timestamp_ms"]) // length * length)


def span_seconds(text: str) -> float:
    amount, unit = re.fullmatch(r"(\d+)([a-z]+)", text).groups()  # type: ignore[union-attr]
    return int(amount) * _SECONDS[unit]


def number(value: Value) -> float | None:
    if isinstance(value, bool):
        return float(value)
    try:
        return float(value)
    except (TypeError, ValueError):
        return None


def shown(value: Value) -> str:
    """A value as Logs Insights answers with it: whole numbers without a point, truth as 1 and 0."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(int(value))
    if isinstance(value, float):
        return str(int(value)) if value == int(value) else repr(round(value, 4))
    return str(value)


def moment(milliseconds: int) -> str:
    """A time as Logs Insights writes it, in UTC."""
    from datetime import UTC, datetime, timedelta

    at = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=milliseconds)
    return f"{at:%Y-%m-%d %H:%M:%S}.{at.microsecond // 1000:03d}"


def text_of(token: Token) -> str:
    return re.sub(r"\\(.)", r"\1", token.text[1:-1])


def regex_of(token: Token) -> "re.Pattern[str]":
    """A regular expression between slashes; its groups are named (?<name>…), as in Java."""
    body, _, flags = token.text[1:].rpartition("/")
    if set(flags) - {"i"}:
        raise Malformed(f"the sandbox does not know the flags {flags!r}")
    try:
        return re.compile(body.replace("(?<", "(?P<").replace("(?P<=", "(?<=").replace("(?P<!", "(?<!"),
                          re.IGNORECASE if flags else 0)  # fmt: skip
    except re.error as error:
        raise Malformed(f"{token.text}: {error}") from error


def _constant(value: Value) -> Evaluate:
    return lambda _: value


def _either(left: Evaluate, right: Evaluate) -> Evaluate:
    return lambda row: bool(left(row)) or bool(right(row))


def _both(left: Evaluate, right: Evaluate) -> Evaluate:
    return lambda row: bool(left(row)) and bool(right(row))


def _matching(left: Evaluate, token: Token) -> Evaluate:
    if token.kind == "regex":
        searched = regex_of(token)
        return lambda row: (value := left(row)) is not None and searched.search(shown(value)) is not None
    if token.kind == "string":
        text = text_of(token)
        return lambda row: (value := left(row)) is not None and text in shown(value)
    raise Malformed(f"like takes a string or a regular expression, not {token.text!r}")


def _among(left: Evaluate, reader: Reader) -> Evaluate:
    reader.must("[")
    choices = [_primary(reader)]
    while reader.takes(","):
        choices.append(_primary(reader))
    reader.must("]")
    return lambda row: any(_order(left(row), choice(row)) == 0 for choice in choices)


def _compared(left: Evaluate, sign: str, right: Evaluate) -> Evaluate:
    holds: Mapping[str, Callable[[int], bool]] = {
        "=": lambda order: order == 0,
        "!=": lambda order: order != 0,
        "<": lambda order: order < 0,
        "<=": lambda order: order <= 0,
        ">": lambda order: order > 0,
        ">=": lambda order: order >= 0,
    }
    test = holds[sign]

    def compare(row: Row) -> bool:
        order = _order(left(row), right(row))
        return sign == "!=" if order is None else test(order)

    return compare


def _order(one: Value, other: Value) -> int | None:
    """-1, 0 or 1; None where either is missing. Numbers where both are numbers, else text."""
    if one is None or other is None:
        return None
    numbers = number(one), number(other)
    if numbers[0] is not None and numbers[1] is not None:
        return (numbers[0] > numbers[1]) - (numbers[0] < numbers[1])
    return (shown(one) > shown(other)) - (shown(one) < shown(other))


def _calculated(left: Evaluate, sign: str, right: Evaluate) -> Evaluate:
    def calculate(row: Row) -> float | None:
        one, other = number(left(row)), number(right(row))
        if one is None or other is None or (sign in "/%" and other == 0):
            return None
        match sign:
            case "+":
                return one + other
            case "-":
                return one - other
            case "*":
                return one * other
            case "/":
                return one / other
        return one % other

    return calculate
