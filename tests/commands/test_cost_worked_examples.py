"""docs/cost.md's months by hand: the arithmetic as it is there, against what the program says."""

import ast
import json
import operator
import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest

from hybridctl.adapters.checkout import GitCheckout

REPOSITORY = Path(__file__).resolve().parents[2]
PAGE = (REPOSITORY / "docs" / "cost.md").read_text(encoding="utf-8")
OPERATORS = {ast.Mult: operator.mul, ast.Div: operator.truediv, ast.Add: operator.add, ast.Sub: operator.sub}


def examples() -> list[tuple[str, str]]:
    return re.findall(r"### `hybridctl (cost .+?)`\n(.+?)(?=\n##|\Z)", PAGE, re.DOTALL)


def rows(table: str) -> Iterator[tuple[str, str, float]]:
    for line in table.splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if len(cells) == 3 and re.fullmatch(r"[\d.]+", cells[2]):
            yield cells[0], cells[1], float(cells[2])


def work_out(text: str) -> float:
    """The arithmetic without its words and units."""
    times = "\N{MULTIPLICATION SIGN}"
    plain = re.sub(r"\b(GB|s|h)\b", "", text.replace(times, "*"))
    plain = re.sub(r"\([^)]*[a-z][^)]*\)", "", plain)
    return _value(ast.parse(plain.strip(), mode="eval").body)


def _value(node: ast.expr) -> float:
    if isinstance(node, ast.BinOp):
        return OPERATORS[type(node.op)](_value(node.left), _value(node.right))
    assert isinstance(node, ast.Constant)
    return float(node.value)


@pytest.mark.parametrize(("command", "table"), examples(), ids=[command for command, _ in examples()])
def test_a_month_worked_out_by_hand_is_what_the_program_says(hybridctl, command, table):
    checkout = GitCheckout(REPOSITORY, REPOSITORY / ".hybridctl", REPOSITORY / "terraform/environments", {})
    ran = hybridctl("--output", "json", *shlex.split(command), checkout=checkout)
    assert ran.code == 0, ran.err
    month = json.loads(ran.out)
    found = {line["about"]: line["dollars"] for line in month["lines"]}
    # Two of Lambda's and the API's lines bear names of their own; none is reported twice.
    assert len(found) == len(month["lines"])
    *by_hand, (total, _, dollars) = rows(table)
    assert total == "total"
    assert {line for line, _, _ in by_hand} == set(found)
    for line, arithmetic, stated in by_hand:
        assert work_out(arithmetic) == pytest.approx(found[line], abs=1e-6), line
        assert round(found[line], 2) == pytest.approx(stated, abs=0.0051), line
    assert month["total"] == pytest.approx(dollars, abs=0.0051)


def test_there_are_three_examples():
    assert len(examples()) == 3
