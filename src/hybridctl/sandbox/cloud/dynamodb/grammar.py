"""Parse DynamoDB's expressions into operands, comparisons and actions.

Source: amazondynamodb/latest/developerguide/Expressions.html and the pages below it.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Never, TypeVar

_TOKEN = re.compile(
    r"\s*(?:(?P<op><>|<=|>=|[=<>(),.\[\]+-])|(?P<name>#\w+|[A-Za-z_]\w*)|(?P<value>:\w+)|(?P<n>\d+)|\S)", re.ASCII
)
_KEYWORDS = {"AND", "OR", "NOT", "BETWEEN", "IN"}
_COMPARATORS = {"=", "<>", "<", "<=", ">", ">="}
SECTIONS = ("SET", "REMOVE", "ADD", "DELETE")
END = "<EOF>"

T = TypeVar("T")


class MalformedExpression(Exception):
    """An invalid expression, with DynamoDB's message without the parameter's name."""


@dataclass(frozen=True, slots=True)
class Path:
    """A document path as written: names (`#n` too) and positions in lists."""

    parts: tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Value:
    """A placeholder such as `:v`."""

    name: str


@dataclass(frozen=True, slots=True)
class Term:
    """A function or an operator with its operands; `stands_alone` if it is a whole condition."""

    operator: str
    operands: tuple["Operand", ...]
    stands_alone: bool = False
    is_function: bool = False


Operand = Path | Value | Term


@dataclass(frozen=True, slots=True)
class UpdateClause:
    """One action of an update expression; `value` is missing for REMOVE."""

    section: str
    path: Path
    value: Operand | None = None


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str
    start: int
    end: int


class ExpressionReader:
    """Parses one expression. Raises Malformed with DynamoDB's message."""

    def __init__(self, text: str) -> None:
        if not text.strip():
            raise MalformedExpression("The expression can not be empty;")
        self._text = text
        self._tokens = [_token(found) for found in _TOKEN.finditer(text)]
        self._at = 0

    def condition(self) -> list[Term]:
        """Return every comparison, function and logical operator of a condition, in order."""
        terms = self._any_of()
        self._must_end()
        return terms

    def projection(self) -> list[Path]:
        paths = self._list(self._path)
        self._must_end()
        return paths

    def update(self) -> list[UpdateClause]:
        changes: list[UpdateClause] = []
        seen = set()
        while self._peek().text != END:
            section = self._peek().text.upper()
            if section not in SECTIONS:
                self._fail()
            if section in seen:
                raise MalformedExpression(f'The "{section}" section can only be used once in an update expression;')
            seen.add(section)
            self._take()
            changes += self._list(lambda section=section: self._change(section))  # type: ignore[misc] # called at once
        return changes

    def _change(self, section: str) -> UpdateClause:
        path = self._path()
        if section == "SET":
            self._take("=")
            return UpdateClause(section, path, self._sum())
        if section == "REMOVE":
            return UpdateClause(section, path)
        return UpdateClause(section, path, self._operand())

    def _sum(self) -> Operand:
        left = self._operand(self._sum)
        if self._peek().text not in ("+", "-"):
            return left
        return Term(self._take().text, (left, self._operand(self._sum)))

    def _any_of(self) -> list[Term]:
        terms = self._all_of()
        while self._peek().kind == "OR":
            terms += [Term(self._take().text.upper(), ()), *self._all_of()]
        return terms

    def _all_of(self) -> list[Term]:
        terms = self._read_negation()
        while self._peek().kind == "AND":
            self._take()
            terms += self._read_negation()
        return terms

    def _read_negation(self) -> list[Term]:
        if self._peek().kind == "NOT":
            return [Term(self._take().text.upper(), ()), *self._read_negation()]
        if self._peek().text != "(":
            return [self._comparison()]
        start = self._at
        try:  # the parenthesis may be an operand's
            return [self._comparison()]
        except MalformedExpression:
            self._at = start
        self._take("(")
        terms = self._any_of()
        self._take(")")
        return terms

    def _comparison(self) -> Term:
        left = self._operand()
        token = self._peek()
        if token.text in _COMPARATORS:
            return Term(self._take().text, (left, self._operand()))
        if token.kind == "BETWEEN":
            self._take()
            low = self._operand()
            if self._peek().kind != "AND":
                self._fail()
            self._take()
            return Term("BETWEEN", (left, low, self._operand()))
        if token.kind == "IN":
            self._take()
            self._take("(")
            choices = self._list(self._operand)
            self._take(")")
            return Term("IN", (left, *choices))
        if isinstance(left, Term) and left.is_function:
            return Term(left.operator, left.operands, stands_alone=True, is_function=True)
        return self._fail()

    def _operand(self, inside: Callable[[], Operand] | None = None) -> Operand:
        token = self._peek()
        if token.text == "(":
            self._take()
            operand = (inside or self._operand)()
            self._take(")")
            return operand
        if token.kind == "value":
            return Value(self._take().text)
        if token.kind == "name" and not token.text.startswith("#") and self._peek(1).text == "(":
            name = self._take().text
            self._take("(")
            operands = self._list(self._operand)
            self._take(")")
            return Term(name, tuple(operands), is_function=True)
        return self._path()

    def _path(self) -> Path:
        parts: list[str | int] = [self._name()]
        while self._peek().text in (".", "["):
            if self._take().text == ".":
                parts.append(self._name())
            else:
                if self._peek().kind != "n":
                    self._fail()
                parts.append(int(self._take().text))
                self._take("]")
        return Path(tuple(parts))

    def _name(self) -> str:
        return self._take().text if self._peek().kind == "name" else self._fail()

    def _list(self, read: Callable[[], T]) -> list[T]:
        found = [read()]
        while self._peek().text == ",":
            self._take()
            found.append(read())
        return found

    def _must_end(self) -> None:
        if self._peek().text != END:
            self._fail()

    def _peek(self, ahead: int = 0) -> _Token:
        at = self._at + ahead
        end = len(self._text)
        return self._tokens[at] if at < len(self._tokens) else _Token("end", END, end, end)

    def _take(self, text: str = "") -> _Token:
        token = self._peek()
        if text and token.text != text:
            self._fail()
        self._at += 1
        return token

    def _fail(self) -> Never:
        last = len(self._tokens) - 1
        near = self._tokens[max(0, self._at - 1)].start, self._tokens[min(last, self._at + 1)].end
        raise MalformedExpression(f'Syntax error; token: "{self._peek().text}", near: "{self._text[slice(*near)]}"')


def _token(found: re.Match[str]) -> _Token:
    kind = found.lastgroup or "other"
    text = found[kind] if found.lastgroup else found[0].strip()
    if kind == "name" and text.upper() in _KEYWORDS:
        kind = text.upper()
    return _Token(kind, text, found.end() - len(text), found.end())
