"""The tokenizer of Logs Insights queries, and a reader of tokens."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple, TypeVar

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


T = TypeVar("T")


class MalformedQuery(Exception):
    """An invalid query; the text is the message of Logs Insights' MalformedQueryException."""


class Token(NamedTuple):
    """A token of the query; `at` and `end` are its position."""

    kind: str
    text: str
    at: int
    end: int


def tokens(text: str) -> list[Token]:
    """Split the text into tokens; a slash begins a regular expression only if no value precedes it."""
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
            raise MalformedQuery(f"unexpected {text[at:].strip()[:20]!r}")
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
class QueryReader:
    """Reads the tokens of one command of the query `text`."""

    text: str
    tokens: list[Token]
    at: int = 0

    def text_since(self, began: int) -> str:
        """Return the text that was read since that position."""
        return self.text[self.tokens[began].at : self.tokens[self.at - 1].end]

    @property
    def rest(self) -> Token | None:
        return self.tokens[self.at] if self.at < len(self.tokens) else None

    def take(self) -> Token:
        token = self.rest
        if token is None:
            raise MalformedQuery("the query ends too early")
        self.at += 1
        return token

    def takes(self, *texts: str) -> str | None:
        """Read the next token if it is one of these; return its text in lower case."""
        token = self.rest
        if token is None or token.kind not in ("name", "sign", "slash") or token.text.lower() not in texts:
            return None
        self.at += 1
        return token.text.lower()

    def must(self, text: str) -> None:
        if self.takes(text) is None:
            raise MalformedQuery(f"expected {text!r} {self.where()}")

    def where(self) -> str:
        return f"before {self.rest.text!r}" if self.rest else "at the end"

    def label(self, written: str) -> str:
        """Return the name after `as`, or `written` if there is none."""
        if not self.takes("as"):
            return written
        token = self.take()
        if token.kind not in ("name", "quoted"):
            raise MalformedQuery(f"a name follows as, not {token.text!r}")
        return token.text.strip("`")

    def read_list(self, read: Callable[["QueryReader"], T]) -> list[T]:
        """What `read` reads, once and again after each comma."""
        items = [read(self)]
        while self.takes(","):
            items.append(read(self))
        return items

    def is_done(self) -> None:
        if self.rest is not None:
            raise MalformedQuery(f"unexpected {self.rest.text!r}")


def text_of(token: Token) -> str:
    return re.sub(r"\\(.)", r"\1", token.text[1:-1])


def regex_of(token: Token) -> "re.Pattern[str]":
    """Read a regular expression between slashes; its groups are named (?<name>…), as in Java."""
    body, _, flags = token.text[1:].rpartition("/")
    if set(flags) - {"i"}:
        raise MalformedQuery(f"the sandbox does not know the flags {flags!r}")
    try:
        return re.compile(body.replace("(?<", "(?P<").replace("(?P<=", "(?<=").replace("(?P<!", "(?<!"),
                          re.IGNORECASE if flags else 0)  # fmt: skip
    except re.error as error:
        raise MalformedQuery(f"{token.text}: {error}") from error
