"""The bill counts each metric that the handler writes."""

import ast
from pathlib import Path

from backend import application, endpoints
from hybridctl.domain.cost.shape import METRICS

HANDLER = Path(application.__file__).parent


def find_metrics(path: Path) -> set[str]:
    """The names in `counts=(…)` of a file of the handler."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.keyword) and node.arg == "counts" and isinstance(node.value, ast.Tuple):
            found |= {part.value for part in node.value.elts if isinstance(part, ast.Constant)}
    return found


def test_the_bill_counts_the_handlers_own_metrics():
    named = {*endpoints.CREATED, *endpoints.VALIDATED, *endpoints.REJECTED, application.COLD_STARTS}
    written = named | {name for path in HANDLER.glob("*.py") for name in find_metrics(path)}
    assert len(written) == METRICS
