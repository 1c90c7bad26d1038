"""The catalog of all metric series that hybridctl knows. A test checks that it contains the dashboard's series.

Sources: lambda/latest/dg/monitoring-metrics-types.html, apigateway/latest/developerguide/http-api-metrics.html,
amazondynamodb/latest/developerguide/metrics-dimensions.html. Lambda does not count cold starts; the handler counts them
with an embedded metric.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from hybridctl.domain.metrics.series import Combine, Query, Series, Summary, Unit
from hybridctl.domain.outputs import Outputs

LAMBDA, API, DYNAMODB, HANDLER = "AWS/Lambda", "AWS/ApiGateway", "AWS/DynamoDB", "HybridCiCd"
PERCENTILES = ("p50", "p95", "p99")
TABLES = ("sessions", "jobs", "agents")
INDEXES: Mapping[str, Sequence[str]] = {"sessions": ("by_user",)}  # the indexes in the HCL, which no output contains
OPERATIONS = ("BatchGetItem", "BatchWriteItem", "DeleteItem", "GetItem", "PutItem", "Query", "UpdateItem")

Dimensions = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Subjects:
    """The measured parts of an environment. `tables` maps their purpose to their names; `api_id` is None without an
    API.

    `workers` maps the workers' names to their functions' full names.
    """

    environment: str
    function: str
    alias: str
    api_id: str | None
    stage: str
    tables: Mapping[str, str]
    workers: Mapping[str, str] = field(default_factory=dict)

    @property
    def live(self) -> Dimensions:
        """The dimensions of the function's alias."""
        return (("FunctionName", self.function), ("Resource", f"{self.function}:{self.alias}"))


def subjects_of(outputs: Outputs, environment: str) -> Subjects:
    """Return the subjects from Terraform's outputs. Raises NotFound if an output is missing."""
    return Subjects(
        environment=environment,
        function=outputs.function,
        alias=outputs.text("lambda_alias_name"),
        api_id=outputs.text("api_id") if outputs.has_api else None,
        stage=outputs.text("api_stage") if outputs.has_api else "",
        tables=_in_order({thing: table for table, thing in outputs.tables.items()}),
    )


def table_dimensions(table: str, index: str | None = None) -> Dimensions:
    """A table, or one index of it."""
    return (("TableName", table), *((("GlobalSecondaryIndexName", index),) if index else ()))


def _in_order(tables: Mapping[str, str]) -> Mapping[str, str]:
    """Return the tables of the built-in backend first, then all others by name."""
    known = [thing for thing in TABLES if thing in tables]
    return {thing: tables[thing] for thing in [*known, *sorted(tables.keys() - set(known))]}


def catalogue(of: Subjects) -> list[Series]:
    """Return all series of an environment, in the order in which they are shown."""
    return [
        *_api(of),
        *_function(of),
        *(series for name, full in of.workers.items() for series in _worker(of, name, full)),
        *_handler(of),
        *(series for thing, table in of.tables.items() for series in _table(thing, table)),
        _count("dynamodb", "user-errors", DYNAMODB, "UserErrors", (), bad=True),  # for the whole account and region
    ]


def by_version(of: Subjects, versions: Sequence[int]) -> list[Series]:
    """Return the function's series for each version behind the alias, by the dimension ExecutedVersion."""
    return [
        series
        for version in versions
        for series in _calls(f"version-{version}", (*of.live, ("ExecutedVersion", str(version))))
    ]


def _api(of: Subjects) -> Iterator[Series]:
    if of.api_id is None:
        return
    where: Dimensions = (("ApiId", of.api_id), ("Stage", of.stage))
    yield _count("api", "requests", API, "Count", where)
    yield _count("api", "4xx", API, "4xx", where)
    yield _count("api", "5xx", API, "5xx", where, bad=True)
    yield _share("api", "error-rate", Query(API, "5xx", where), Query(API, "Count", where))
    for percentile in PERCENTILES:
        yield _peak("api", percentile, Unit.MILLISECONDS, API, "Latency", where, percentile)
    yield _peak("api", "integration-p95", Unit.MILLISECONDS, API, "IntegrationLatency", where, "p95")


def _function(of: Subjects) -> Iterator[Series]:
    live, whole = of.live, (("FunctionName", of.function),)
    yield from _calls("function", live)
    yield _peak("function", "concurrency", Unit.COUNT, LAMBDA, "ConcurrentExecutions", whole, "Maximum")
    yield _count("function", "cold-starts", HANDLER, "ColdStarts", (("Environment", of.environment),), optional=True)
    yield _count(
        "function", "spillover", LAMBDA, "ProvisionedConcurrencySpilloverInvocations", live, bad=True, optional=True
    )
    yield _peak(
        "function",
        "provisioned-use",
        Unit.SHARE,
        LAMBDA,
        "ProvisionedConcurrencyUtilization",
        live,
        "Maximum",
        optional=True,
    )


def _worker(of: Subjects, name: str, function: str) -> Iterator[Series]:
    """Yield the series of a worker's alias, through which all its triggers invoke it."""
    yield from _calls(f"worker-{name}", (("FunctionName", function), ("Resource", f"{function}:{of.alias}")))


def _calls(group: str, where: Dimensions) -> Iterator[Series]:
    yield _count(group, "requests", LAMBDA, "Invocations", where)
    yield _count(group, "errors", LAMBDA, "Errors", where, bad=True)
    yield _share(group, "error-rate", Query(LAMBDA, "Errors", where), Query(LAMBDA, "Invocations", where))
    yield _count(group, "throttles", LAMBDA, "Throttles", where, bad=True)
    for percentile in PERCENTILES:
        yield _peak(group, percentile, Unit.MILLISECONDS, LAMBDA, "Duration", where, percentile)


def _handler(of: Subjects) -> Iterator[Series]:
    where: Dimensions = (("Environment", of.environment),)
    if "sessions" not in of.tables:
        return
    for short in ("created", "validated", "rejected"):
        yield _count("sessions", short, HANDLER, f"Sessions{short.title()}", where)


def _table(thing: str, table: str) -> Iterator[Series]:
    group, where = f"table-{thing}", table_dimensions(table)
    yield from _capacity(group, where)
    yield _by_operation(group, "system-errors", "SystemErrors", where)
    yield _by_operation(group, "latency", "SuccessfulRequestLatency", where)
    for index in INDEXES.get(thing, ()):
        yield from _capacity(f"{group}-{index.replace('_', '-')}", table_dimensions(table, index))


def _capacity(group: str, where: Dimensions) -> Iterator[Series]:
    for kind in ("Read", "Write"):
        used = Query(DYNAMODB, f"Consumed{kind}CapacityUnits", where)
        bought = Query(DYNAMODB, f"Provisioned{kind}CapacityUnits", where, "Average")  # no data on demand
        low = kind.lower()
        yield Series(group, f"{low}s", Unit.UNITS, (used,))
        yield Series(group, f"{low}-capacity", Unit.UNITS_PER_SECOND, (bought,), summary=Summary.PEAK, optional=True)
        yield Series(group, f"{low}-use", Unit.SHARE, (used, bought), Combine.USED, summary=Summary.PEAK, optional=True)
    for kind in ("Read", "Write"):
        yield _count(
            group, f"{kind.lower()}-throttles", DYNAMODB, f"{kind}ThrottleEvents", where, bad=True, optional=True
        )


def _by_operation(group: str, short: str, metric: str, where: Dimensions) -> Series:
    """Return a series of a metric that DynamoDB reports only per operation: errors are added, latency is that of the
    slowest operation.
    """
    is_latency = short == "latency"
    statistic = "Average" if is_latency else "Sum"
    parts = tuple(Query(DYNAMODB, metric, (*where, ("Operation", name)), statistic) for name in OPERATIONS)
    if is_latency:
        return Series(group, short, Unit.MILLISECONDS, parts, Combine.MAX, Summary.PEAK, optional=True)
    return Series(group, short, Unit.COUNT, parts, bad=True, optional=True)


def _count(
    group: str, short: str, namespace: str, metric: str, where: Dimensions, *, bad: bool = False, optional: bool = False
) -> Series:
    return Series(group, short, Unit.COUNT, (Query(namespace, metric, where),), bad=bad, optional=optional)


def _peak(
    group: str,
    short: str,
    unit: Unit,
    namespace: str,
    metric: str,
    where: Dimensions,
    statistic: str,
    *,
    optional: bool = False,
) -> Series:
    parts = (Query(namespace, metric, where, statistic),)
    return Series(group, short, unit, parts, summary=Summary.PEAK, optional=optional)


def _share(group: str, short: str, part: Query, whole: Query) -> Series:
    return Series(group, short, Unit.SHARE, (part, whole), Combine.SHARE, bad=True)
