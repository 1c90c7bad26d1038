"""Check DynamoDB's expressions before the emulator, which accepts much that DynamoDB refuses.

Source: amazondynamodb/latest/developerguide/Expressions.OperatorsAndFunctions.html, Expressions.UpdateExpressions.html
and Query.KeyConditionExpressions.html. The error messages are DynamoDB's.
"""

import re
from collections.abc import Callable, Collection, Iterable, Mapping
from decimal import Decimal
from itertools import combinations
from typing import Any

from hybridctl.sandbox.cloud.dynamodb.grammar import ExpressionReader, MalformedExpression, Operand, Path, Term, Value

# The number of operands of each function, and where it is allowed.
_CONDITIONS = {"attribute_exists": 1, "attribute_not_exists": 1, "attribute_type": 2, "begins_with": 2, "contains": 2}
_MEASURES = {"size": 1}
_UPDATES = {"if_not_exists": 2, "list_append": 2}
_OF_A_PATH = {"attribute_exists", "attribute_not_exists", "if_not_exists"}
_TYPES = ("B", "NULL", "SS", "BOOL", "L", "BS", "N", "NS", "S", "M")
_DISTINCT = {"=", "<>", "<", "<=", ">", ">=", "BETWEEN", "IN", "begins_with", "contains"}
_TAKES: Mapping[str, tuple[str, ...]] = {
    "+": ("N",),
    "-": ("N",),
    "list_append": ("L",),
    "begins_with": ("S", "B"),
    "attribute_type": ("S",),
    "size": ("S", "B", "SS", "NS", "BS", "L", "M"),
}

_WRONG_OPERATOR = "Invalid operator used in KeyConditionExpression"
_NESTED = "KeyConditionExpressions cannot contain nested operations"

_CHECKS: Mapping[str, Callable[["Checker", str], Iterable[Path]]]


class Checker:
    """Checks the expressions of one request with its placeholders. Raises Malformed with DynamoDB's message."""

    def __init__(self, request: Mapping[str, Any], reserved: Collection[str]) -> None:
        self._names: Mapping[str, str] = request.get("ExpressionAttributeNames") or {}
        self._values: Mapping[str, Mapping[str, Any]] = request.get("ExpressionAttributeValues") or {}
        self._reserved = reserved
        for parameter, sign in (("ExpressionAttributeNames", "#"), ("ExpressionAttributeValues", ":")):
            for key in request.get(parameter) or ():
                if not re.fullmatch(rf"{sign}\w+", key):
                    raise MalformedExpression(f'{parameter} contains invalid key: Syntax error; key: "{key}"')

    def check(self, parameter: str, text: str) -> set[str]:
        """Return the attributes that the expression of this parameter reads or writes, by their top name."""
        try:
            return {str(path.parts[0]) for path in _CHECKS[parameter](self, text)}
        except MalformedExpression as why:
            said = str(why)
            raise MalformedExpression(
                said if said.startswith((_WRONG_OPERATOR, _NESTED)) else f"Invalid {parameter}: {said}"
            ) from None

    def condition(self, text: str) -> list[Path]:
        terms = ExpressionReader(text).condition()
        paths = [path for term in terms for path in self._resolve(term)]
        for term in terms:
            self._check_term(term, _CONDITIONS | _MEASURES)
        return paths

    def key_condition(self, text: str) -> list[Path]:
        terms = ExpressionReader(text).condition()
        for term in terms:
            if term.is_function and term.operator not in _CONDITIONS:
                raise MalformedExpression(f"Invalid function name; function: {term.operator}")
            if any(isinstance(operand, Term) for operand in term.operands):
                raise MalformedExpression(_NESTED)
            if term.operator in {"OR", "NOT", "<>", "IN", *_CONDITIONS} - {"begins_with"}:
                raise MalformedExpression(f"{_WRONG_OPERATOR}: {term.operator}")
        return self.condition(text)

    def projection(self, text: str) -> list[Path]:
        return [self._resolve_path(path) for path in ExpressionReader(text).projection()]

    def update(self, text: str) -> list[Path]:
        changes = ExpressionReader(text).update()
        for change in changes:
            list(self._resolve(change.value))
            if isinstance(change.value, Term):
                self._check_term(change.value, _UPDATES)
        paths = [self._resolve_path(change.path) for change in changes]
        for one, two in combinations(paths, 2):
            _must_differ(one, two)
        return paths

    def _check_term(self, term: Term, functions: Mapping[str, int]) -> None:
        for operand in term.operands:
            if isinstance(operand, Term):
                self._check_term(operand, functions)
        if term.is_function:
            _check_function(term, functions)
        if term.operator in _DISTINCT and any(other == term.operands[0] for other in term.operands[1:]):
            raise MalformedExpression(
                "The first operand must be distinct from the remaining operands for this operator or function; "
                f"operator: {term.operator}, first operand: {self._show(term.operands[0])}"
            )
        self._check_types(term)
        if term.operator == "BETWEEN":
            self._check_bounds(*term.operands[1:])

    def _check_types(self, term: Term) -> None:
        operands = term.operands[1:] if term.operator == "attribute_type" else term.operands
        for operand in operands:
            kind = self._kind(operand)
            if kind and term.operator in _TAKES and kind not in _TAKES[term.operator]:
                raise MalformedExpression(
                    "Incorrect operand type for operator or function; "
                    f"operator or function: {term.operator}, operand type: {kind}"
                )
        if term.operator == "attribute_type" and isinstance(operands[0], Value):
            wanted = self._values[operands[0].name].get("S")
            if wanted not in _TYPES:
                raise MalformedExpression(
                    f"Invalid attribute type name found; type: {wanted}, valid types: {{{','.join(_TYPES)}}}"
                )

    def _check_bounds(self, low: Operand, high: Operand) -> None:
        kinds = self._kind(low), self._kind(high)
        if not all(kinds):
            return
        told = f"lower bound operand: {self._show(low)}, upper bound operand: {self._show(high)}"
        if kinds[0] != kinds[1]:
            raise MalformedExpression(
                f"The BETWEEN operator requires same data type for lower and upper bounds; {told}"
            )
        if kinds[0] == "N" and Decimal(self._content(low)) > Decimal(self._content(high)):
            raise MalformedExpression(
                f"The BETWEEN operator requires upper bound to be greater than or equal to lower bound; {told}"
            )

    def _resolve(self, operand: Operand | None) -> Iterable[Path]:
        """Return the paths in an operand, with names resolved; a missing placeholder is refused."""
        if isinstance(operand, Path):
            yield self._resolve_path(operand)
        elif isinstance(operand, Value):
            if operand.name not in self._values:
                raise MalformedExpression(
                    f"An expression attribute value used in expression is not defined; attribute value: {operand.name}"
                )
        elif operand is not None:
            for inner in operand.operands:
                yield from self._resolve(inner)

    def _resolve_path(self, path: Path) -> Path:
        return Path(tuple(self._name(part) if isinstance(part, str) else part for part in path.parts))

    def _name(self, part: str) -> str:
        if part.startswith("#"):
            if part not in self._names:
                raise MalformedExpression(
                    f"An expression attribute name used in the document path is not defined; attribute name: {part}"
                )
            return self._names[part]
        if part.upper() in self._reserved:
            raise MalformedExpression(f"Attribute name is a reserved keyword; reserved keyword: {part}")
        return part

    def _kind(self, operand: Operand) -> str:
        """Return the type of a value, such as "S"; "" for an item's attribute."""
        return next(iter(self._values[operand.name]), "") if isinstance(operand, Value) else ""

    def _content(self, operand: Operand) -> str:
        return str(self._values[operand.name][self._kind(operand)]) if isinstance(operand, Value) else ""

    def _show(self, operand: Operand) -> str:
        if isinstance(operand, Value):
            return f"AttributeValue: {{{self._kind(operand)}:{self._content(operand)}}}"
        return _show_path(self._resolve_path(operand)) if isinstance(operand, Path) else operand.operator


_CHECKS = {
    "ConditionExpression": Checker.condition,
    "FilterExpression": Checker.condition,
    "KeyConditionExpression": Checker.key_condition,
    "ProjectionExpression": Checker.projection,
    "UpdateExpression": Checker.update,
}
PARAMETERS = tuple(_CHECKS)


def _check_function(term: Term, functions: Mapping[str, int]) -> None:
    if term.operator not in functions:
        raise MalformedExpression(f"Invalid function name; function: {term.operator}")
    is_condition = term.operator in _CONDITIONS
    if is_condition is not term.stands_alone and functions is not _UPDATES:
        raise MalformedExpression(
            f"The function is not allowed to be used this way in an expression; function: {term.operator}"
        )
    if len(term.operands) != functions[term.operator]:
        raise MalformedExpression(
            "Incorrect number of operands for operator or function; "
            f"operator or function: {term.operator}, number of operands: {len(term.operands)}"
        )
    if term.operator in _OF_A_PATH and not isinstance(term.operands[0], Path):
        raise MalformedExpression(
            f"Operator or function requires a document path; operator or function: {term.operator}"
        )


def _must_differ(one: Path, two: Path) -> None:
    """Refuse two paths if one contains the other, or if they use the same place as a list and as a map."""
    told = f"must remove or rewrite one of these paths; path one: {_show_path(one)}, path two: {_show_path(two)}"
    for first, second in zip(one.parts, two.parts, strict=False):
        if isinstance(first, int) is not isinstance(second, int):
            raise MalformedExpression(f"Two document paths conflict with each other; {told}")
        if first != second:
            return
    raise MalformedExpression(f"Two document paths overlap with each other; {told}")


def _show_path(path: Path) -> str:
    return f"[{', '.join(f'[{part}]' if isinstance(part, int) else part for part in path.parts)}]"
