"""The one list of series: whole, unambiguous, and the only one."""

import re
from pathlib import Path

from fakes.backend import outputs
from hybridctl.domain.metrics.catalogue import INDEXES, OPERATIONS, by_version, catalogue, subjects_of
from hybridctl.domain.metrics.readings import queries
from hybridctl.domain.outputs import Outputs

REPOSITORY = Path(__file__).resolve().parents[3]
OBSERVABILITY = REPOSITORY / "terraform" / "modules" / "observability"
SERIES = catalogue(subjects_of(Outputs(outputs(1)), "local"))
KNOWN = {(query.namespace, query.metric) for query in queries(SERIES)}


def names_in_hcl(text: str) -> set[tuple[str, str]]:
    """Namespace and metric of each series; `${kind}` is Read or Write, a bare `metric` one of the list before it."""
    found = set()
    for match in re.finditer(r'"(AWS/\w+)",\s*("?)([\w${}]+)\2', text):
        namespace, quote, metric = match.groups()
        if not quote:
            listed = re.findall(rf"for {metric} in \[([^\]]*)\]", text[: match.start()])[-1]
            found |= {(namespace, name) for name in re.findall(r'"(\w+)"', listed)}
        else:
            found |= {(namespace, metric.replace("${kind}", kind)) for kind in ("Read", "Write")}
    return found


def test_the_dashboard_shows_nothing_that_the_list_does_not_name():
    shown = names_in_hcl((OBSERVABILITY / "dashboard.tf").read_text(encoding="utf-8"))
    assert {
        ("AWS/Lambda", "Throttles"),
        ("AWS/DynamoDB", "ConsumedReadCapacityUnits"),
        ("AWS/ApiGateway", "4xx"),
    } < shown
    assert shown <= KNOWN


def test_the_alarms_watch_nothing_that_the_list_does_not_name():
    text = (OBSERVABILITY / "main.tf").read_text(encoding="utf-8")
    watched = names_in_hcl(re.sub(r'namespace\s+= ("AWS/\w+")\s+metric\s+= ', r"\1, ", text))
    assert ("AWS/DynamoDB", "WriteThrottleEvents") in watched
    assert watched <= KNOWN


def test_the_indexes_are_those_of_the_hcl():
    text = (REPOSITORY / "terraform" / "environments" / "shared" / "main.tf").read_text(encoding="utf-8")
    tables = re.findall(r"^    (\w+) = \{\n(?:.*\n)*?      indexes\s+= \{(.*)\}", text, re.MULTILINE)
    assert {table: tuple(re.findall(r"(\w+) = \{", indexes)) for table, indexes in tables if indexes} == dict(INDEXES)


def test_the_operations_are_those_the_function_may_use():
    text = (REPOSITORY / "terraform" / "environments" / "shared" / "main.tf").read_text(encoding="utf-8")
    assert set(re.findall(r'"dynamodb:(\w+)"', text)) == set(OPERATIONS)


def test_the_handlers_own_metrics_are_named_as_it_writes_them():
    texts = [path.read_text(encoding="utf-8") for path in (REPOSITORY / "lambda_src" / "backend").glob("*.py")]
    written = {name for text in texts for name in re.findall(r'"(Sessions\w+|Cold\w+)"', text)}
    assert written == {metric for namespace, metric in KNOWN if namespace == "HybridCiCd"}


def test_every_series_has_a_name_of_its_own_and_fits_beside_the_others():
    names = [series.name for series in (*SERIES, *by_version(subjects_of(Outputs(outputs(1)), "x"), [1, 2]))]
    assert len(set(names)) == len(names)
    assert max(len(series.short) for series in SERIES) <= 15


def test_a_version_is_distinguished_by_the_dimension_that_only_the_alias_has():
    (first, *_) = by_version(subjects_of(Outputs(outputs(1)), "local"), [7])
    assert first.parts[0].dimensions == (
        ("FunctionName", "hybrid-ci-cd-local"),
        ("Resource", "hybrid-ci-cd-local:live"),
        ("ExecutedVersion", "7"),
    )
    assert first.name == "version-7.requests"
