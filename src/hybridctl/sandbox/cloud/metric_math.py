"""CloudWatch's metric math, the arithmetic part: numbers, ids, + - * / ^, comparisons, AND/OR, and some functions.

Source: AmazonCloudWatch/latest/monitoring/using-metric-math.html. SEARCH, METRICS and anomaly detection are refused.
"""

import ast
import operator
from collections.abc import Callable, Mapping

Value = float | None

FUNCTIONS: dict[str, Callable[..., Value]] = {
    "ABS": lambda a: None if a is None else abs(a),
    "CEIL": lambda a: None if a is None else float(-(-a // 1)),
    "FLOOR": lambda a: None if a is None else float(a // 1),
    "FILL": lambda a, b: b if a is None else a,
    "IF": lambda condition, yes, no=None: None if condition is None else (yes if condition else no),
    "MAX": lambda *a: max((each for each in a if each is not None), default=None),
    "MIN": lambda *a: min((each for each in a if each is not None), default=None),
    "SUM": lambda *a: sum(known) if (known := [each for each in a if each is not None]) else None,
    "AVG": lambda *a: sum(known) / len(known) if (known := [each for each in a if each is not None]) else None,
}
BINARY: dict[type[ast.AST], Callable[[float, float], float]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Pow: operator.pow,
    ast.Gt: lambda a, b: float(a > b),
    ast.GtE: lambda a, b: float(a >= b),
    ast.Lt: lambda a, b: float(a < b),
    ast.LtE: lambda a, b: float(a <= b),
    ast.Eq: lambda a, b: float(a == b),
    ast.NotEq: lambda a, b: float(a != b),
}


class ExpressionInvalid(ValueError):
    """The expression is malformed or uses something unsupported."""


def identifiers(expression: str) -> set[str]:
    """Return the ids of the queries that an expression uses."""
    return {node.id for node in ast.walk(_parse(expression)) if isinstance(node, ast.Name)} - FUNCTIONS.keys()


def evaluate(expression: str, values: Mapping[str, Value]) -> Value:
    """Return the expression's value at one time; None if an operand has none, or on division by zero."""
    return _value(_parse(expression).body, values)


def _parse(expression: str) -> ast.Expression:
    python = expression.replace("^", "**").replace("&&", " and ").replace("||", " or ")
    python = python.replace(" AND ", " and ").replace(" OR ", " or ").replace("[", "(").replace("]", ")")
    try:
        return ast.parse(python.strip(), mode="eval")
    except SyntaxError as error:
        raise ExpressionInvalid(f"Error in expression '{expression}': Invalid syntax") from error


def _value(node: ast.AST, values: Mapping[str, Value]) -> Value:
    match node:
        case ast.Constant(value=int() | float() as number):
            return float(number)
        case ast.Name(id=name) if name in values:
            return values[name]
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            inner = _value(operand, values)
            return None if inner is None else -inner
        case ast.BoolOp(op=op, values=parts):
            known = [_value(part, values) for part in parts]
            return float(all(known) if isinstance(op, ast.And) else any(known))
        case ast.BinOp(left=left, op=op, right=right) | ast.Compare(left=left, ops=[op], comparators=[right]):
            return _binary(op, _value(left, values), _value(right, values))
        case ast.Call(func=ast.Name(id=name), args=arguments) if name in FUNCTIONS:
            flat = [item for each in arguments for item in (each.elts if isinstance(each, ast.Tuple) else [each])]
            return FUNCTIONS[name](*(_value(each, values) for each in flat))
    raise ExpressionInvalid(f"{ast.unparse(node)} is not carried out by the sandbox")


def _binary(op: ast.AST, left: Value, right: Value) -> Value:
    if left is None or right is None:
        return None
    if isinstance(op, ast.Div):
        return left / right if right else None
    if type(op) not in BINARY:
        raise ExpressionInvalid(f"the operator {type(op).__name__} is not carried out by the sandbox")
    return BINARY[type(op)](left, right)
