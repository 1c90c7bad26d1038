"""CloudWatch Logs' filter patterns: terms, phrases, exclusions, regular expressions and JSON selectors.

Source: AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html. Space-delimited [field, …] patterns are refused.
"""

import json
import operator
import re
from collections.abc import Callable
from fnmatch import fnmatchcase
from typing import Any

from hybridctl.log_json import UNREADABLE, read_json

Matcher = Callable[[str], bool]

TERM = re.compile(r'([-?]?)(?:"((?:[^"\\]|\\.)*)"|%([^%]*)%|(\S+))')
TOKEN = re.compile(
    r'\s*(\(|\)|&&|\|\||!=|>=|<=|=|>|<|"(?:[^"\\]|\\.)*"|%[^%]*%|\$(?:\.[\w-]+|\[\d+\]|\[\'[^\']+\'\])+|[^\s()=<>!&|]+)'
)
NUMERIC = {">": operator.gt, "<": operator.lt, ">=": operator.ge, "<=": operator.le}


def compile(pattern: str) -> Matcher:  # noqa: A001 - as in re.compile
    """Return whether a message matches. Raises ValueError with the service's message for an invalid pattern."""
    text = pattern.strip()
    if text.startswith("{"):
        return _selector(text)
    if text.startswith("["):
        raise ValueError("Invalid filter pattern: space-delimited patterns are not carried out by the sandbox")
    return _terms(text)


def _terms(text: str) -> Matcher:
    needed: list[Matcher] = []
    excluded: list[Matcher] = []
    alternatives: list[Matcher] = []
    for mark, phrase, expression, word in TERM.findall(text):
        found = _contains(re.sub(r"\\(.)", r"\1", phrase) or word, expression)
        {"": needed, "-": excluded, "?": alternatives}[mark].append(found)

    def matches(message: str) -> bool:
        return (
            all(term(message) for term in needed)
            and not any(term(message) for term in excluded)
            and (not alternatives or any(term(message) for term in alternatives))
        )

    return matches


def _contains(term: str, expression: str) -> Matcher:
    if expression:
        compiled = re.compile(expression)
        return lambda message: compiled.search(message) is not None
    return lambda message: term in message  # terms are case sensitive


def _selector(text: str) -> Matcher:
    if not text.endswith("}"):
        raise ValueError("Invalid filter pattern: missing }")
    tokens = TOKEN.findall(text[1:-1])
    test, rest = _any(tokens)
    if rest:
        raise ValueError(f"Invalid filter pattern near {rest[0]}")

    def matches(message: str) -> bool:
        value = read_json(message)
        return value is not UNREADABLE and test(value)

    return matches


Test = Callable[[Any], bool]


def _any(tokens: list[str]) -> tuple[Test, list[str]]:
    tests, rest = _read_list(tokens, "||", _all)
    return lambda value: any(test(value) for test in tests), rest


def _all(tokens: list[str]) -> tuple[Test, list[str]]:
    tests, rest = _read_list(tokens, "&&", _one)
    return lambda value: all(test(value) for test in tests), rest


def _read_list(
    tokens: list[str], sign: str, read: Callable[[list[str]], tuple[Test, list[str]]]
) -> tuple[list[Test], list[str]]:
    """The tests between the signs, and the tokens behind them."""
    first, rest = read(tokens)
    tests = [first]
    while rest and rest[0] == sign:
        test, rest = read(rest[1:])
        tests.append(test)
    return tests, rest


def _one(tokens: list[str]) -> tuple[Test, list[str]]:
    if tokens and tokens[0] == "(":
        inner, rest = _any(tokens[1:])
        if not rest or rest[0] != ")":
            raise ValueError("Invalid filter pattern: missing )")
        return inner, rest[1:]
    if len(tokens) < 3 or not tokens[0].startswith("$"):
        raise ValueError(f"Invalid filter pattern near {' '.join(tokens[:3]) or 'its end'}")
    path = re.findall(r"\.([\w-]+)|\[(\d+)\]|\['([^']+)'\]", tokens[0])
    sign, wanted = tokens[1].upper(), tokens[2]
    if sign == "IS" and wanted.upper() in ("TRUE", "FALSE", "NULL"):
        constant = {"TRUE": True, "FALSE": False, "NULL": None}[wanted.upper()]
        return lambda value: _at(value, path) is constant, tokens[3:]
    if sign == "NOT" and wanted.upper() == "EXISTS":
        return lambda value: _at(value, path) is _ABSENT, tokens[3:]
    return _comparison(path, sign, wanted), tokens[3:]


_ABSENT = object()


def _at(value: Any, path: list[tuple[str, str, str]]) -> Any:
    for name, index, quoted in path:
        if index:
            if not isinstance(value, list) or int(index) >= len(value):
                return _ABSENT
            value = value[int(index)]
        elif not isinstance(value, dict) or (name or quoted) not in value:
            return _ABSENT
        else:
            value = value[name or quoted]
    return value


def _comparison(path: list[tuple[str, str, str]], sign: str, wanted: str) -> Test:
    if sign in NUMERIC:
        bound = float(wanted)
        return lambda value: isinstance(found := _at(value, path), int | float) and NUMERIC[sign](found, bound)
    if sign not in ("=", "!="):
        raise ValueError(f"Invalid filter pattern: operator {sign}")
    equal = _equal(wanted)

    def test(value: Any) -> bool:
        found = _at(value, path)
        return found is not _ABSENT and equal(found) == (sign == "=")

    return test


def _equal(wanted: str) -> Test:
    if wanted.startswith("%"):
        compiled = re.compile(wanted.strip("%"))
        return lambda found: isinstance(found, str) and compiled.search(found) is not None
    text = json.loads(wanted) if wanted.startswith('"') else wanted
    try:
        number = float(text)
    except ValueError:
        return lambda found: isinstance(found, str) and fnmatchcase(found, text.replace("[", "[[]"))
    return lambda found: found == text or (isinstance(found, int | float) and found == number)
