"""Cold starts: their number, duration and causes, and what would avoid them at what cost.

Sources: lambda/latest/dg/configuration-concurrency.html, provisioned-concurrency.html, configuration-memory.html.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import ceil

from hybridctl.domain.cost.bill import warm_seconds
from hybridctl.domain.cost.prices import PriceList
from hybridctl.domain.counting import count_noun
from hybridctl.domain.function import ONE_CPU_MB, Function
from hybridctl.domain.logs.events import Line
from hybridctl.domain.troubles.answer import Remedy, TroubleAnswer, TroubleEvidence, remedy_by_deploy, remedy_by_look
from hybridctl.percentiles import percentile

ENOUGH = 100  # with fewer, even the first start after a deploy would be a large share
ENOUGH_INITS = 5  # a p50 or p95 of fewer depends on one or two environments
RARE = 0.01  # an unnoticeable share of cold requests
LONG_MS = 1000.0
_LARGE_FILES = 3
_EXAMPLE = 10


@dataclass(frozen=True, slots=True)
class Starts:
    """The starts in a period of the log. `inits` are in milliseconds; `hours` is the length of the period.

    `inits` are those of requests that waited for a start. `warmed` requests also report an init, but used an
    environment that was started in advance. `unmeasured` requests waited, and their REPORT has no init.
    """

    requests: int
    inits: tuple[float, ...]
    hours: float
    warmed: int = 0
    unmeasured: int = 0
    memory_used_mb: float = 0.0
    throttled: float = 0.0
    at_once: float = 0.0

    @property
    def cold(self) -> int:
        return len(self.inits) + self.unmeasured

    @property
    def share(self) -> float:
        return self.cold / self.requests if self.requests else 0.0

    @property
    def has_long_inits(self) -> bool:
        """Whether starts are slow, based on enough starts."""
        return len(self.inits) >= ENOUGH_INITS and self.init(50) >= LONG_MS

    def init(self, rank: float) -> float:
        """Return a percentile of the inits, or 0 without any."""
        return percentile(self.inits, rank) or 0.0


def count_starts(reports: Sequence[Line], said: Mapping[str, bool], *, hours: float) -> Starts:
    """Count the starts in these REPORT lines. `said` is the handler's own report by request id, which takes precedence.

    Lambda also reports an init for environments that it started before the request (provisioned concurrency). If the
    handler reports nothing for a request, only the init in its REPORT is known.
    """
    inits: list[float] = []
    warmed = unmeasured = 0
    for report in reports:
        init = report.fields.get("init_ms")
        is_cold = said.get(report.request_id or "", init is not None)
        if is_cold and init is not None:
            inits.append(init)
        unmeasured += is_cold and init is None
        warmed += not is_cold and init is not None
    used = max((report.fields.get("memory_used_mb", 0.0) for report in reports), default=0.0)
    return Starts(len(reports), tuple(inits), hours, warmed, unmeasured, used)


def judge_cold_starts(
    environment: str,
    starts: Starts,
    function: Function,
    warm: int,
    sizes: Mapping[str, int],
    prices: PriceList,
    room: int | None = None,
) -> TroubleAnswer:
    """Judge the cold starts. `warm` is the current number of warm environments; `sizes` are the package's files in
    bytes.

    `room` is how many environments the account lets the function keep warm or reserve in total, None if unknown.
    """
    if not starts.requests:
        return TroubleAnswer(
            "cold-starts",
            environment,
            found=False,
            verdict=f"no requests in {starts.hours:.0f} h: there is nothing to measure",
            evidence=_package(function, sizes),
            remedy=remedy_by_look(f"hybridctl smoke {environment}", "send some requests"),
        )
    each = prices[f"lambda-kept-{function.architecture}"].of(warm_seconds(1, function.memory_mb))
    evidence = (
        *_starts(starts),
        _memory(function, starts),
        *_package(function, sizes),
        *_concurrency(function, warm, starts),
    )
    enough = starts.requests >= ENOUGH
    long = len(starts.inits) >= ENOUGH_INITS and starts.init(95) >= LONG_MS
    is_slow = enough and (starts.share > RARE or long)
    verdict = "no request had a cold start"
    if starts.cold:
        verdict = f"{starts.share:.1%} of requests have a cold start"
    if starts.inits:
        verdict += f", half of them in {starts.init(50):.0f} ms"
    if not enough:
        verdict += f", of {starts.requests} in total: too few for advice (at least {ENOUGH})"
    remedy = _remedy(environment, starts, function, warm, each, room) if is_slow else _well(environment)
    return TroubleAnswer(
        "cold-starts", environment, is_slow, verdict, evidence, remedy, _explain_settings(function, each)
    )


def _well(environment: str) -> Remedy:
    return remedy_by_look(
        f"hybridctl metrics {environment} --plot function.p99", "nothing to fix; see the slowest requests"
    )


def _remedy(environment: str, starts: Starts, function: Function, warm: int, each: float, room: int | None) -> Remedy:
    """Recommend more memory, which adds CPU, if starts are slow; provisioned concurrency if they are only frequent."""
    if function.memory_mb < ONE_CPU_MB and starts.has_long_inits:
        memory = min(ONE_CPU_MB, 2 * function.memory_mb)
        faster = function.memory_mb / memory
        why = (
            f"{memory} MB is {memory / ONE_CPU_MB:.0%} of a CPU: a full CPU would start in about "
            f"{starts.init(50) * faster:.0f} ms, and CPU-bound requests would cost the same"
        )
        return remedy_by_deploy(environment, why, lambda_memory_size=memory)
    if warm and warm >= starts.at_once:
        why = (
            f"{warm} are kept warm and at most {starts.at_once:.0f} ran at the same time, so more would not help: the "
            "cold starts came from a new version, direct invocations, or requests before they were ready"
        )
        return remedy_by_look(f"hybridctl metrics {environment} --plot function.spillover", why)
    wanted = max(1, ceil(starts.at_once))
    if room is not None and room <= warm:
        why = f"{wanted} warm environments are needed, but the account has capacity for only {room}"
        return remedy_by_look(f"hybridctl doctor {environment}", f"{why}; doctor shows how to raise the quota")
    cut = room is not None and room < wanted
    wanted = min(wanted, room) if room is not None else wanted
    spared = starts.cold * 730 / max(starts.hours, 1)
    added = (wanted - warm) * each
    many = "the most that the account allows" if cut else "the peak concurrency"
    why = (
        f"{wanted} kept warm, {many}: +${added:.2f} a month, "
        f"{added / spared * 100:.2f} cents for each of about {spared:.0f} cold starts "
        "avoided"
    )
    if function.reserved is not None and wanted > function.reserved:
        why += f"; raise the {function.reserved} reserved executions to make room for them"
        cap = 2 * wanted if room is None else min(2 * wanted, room)
        return remedy_by_deploy(
            environment, why, lambda_provisioned_concurrency=wanted, lambda_reserved_concurrency=cap
        )
    return remedy_by_deploy(environment, why, lambda_provisioned_concurrency=wanted)


def _starts(starts: Starts) -> Sequence[TroubleEvidence]:
    summary = f"{starts.cold} of {starts.requests} in {starts.hours:.0f} h ({starts.share:.1%})"
    evidence = [TroubleEvidence("cold requests", summary, bad=starts.share > RARE)]
    if starts.inits:
        times = f"p50 {starts.init(50):.0f} ms, p95 {starts.init(95):.0f} ms, max {max(starts.inits):.0f} ms"
        if len(starts.inits) < ENOUGH_INITS:
            times += f": too few to draw conclusions (at least {ENOUGH_INITS})"
        evidence.append(
            TroubleEvidence("init", times, bad=len(starts.inits) >= ENOUGH_INITS and starts.init(95) >= LONG_MS)
        )
    if starts.warmed:
        evidence.append(
            TroubleEvidence(
                "started in advance",
                f"{count_noun(starts.warmed, 'request')} used an environment that had been started in advance",
            )
        )
    return evidence


def _memory(function: Function, starts: Starts) -> TroubleEvidence:
    used = f", {starts.memory_used_mb:.0f} MB used" if starts.memory_used_mb else ""
    summary = f"{function.memory_mb} MB{used}: {function.share_of_cpu:.0%} of a CPU ({ONE_CPU_MB} MB is one CPU)"
    return TroubleEvidence("memory", summary, bad=function.share_of_cpu < 1 and starts.has_long_inits)


def _package(function: Function, sizes: Mapping[str, int]) -> tuple[TroubleEvidence, ...]:
    unpacked = sum(sizes.values())
    evidence = [
        TroubleEvidence(
            "package",
            f"{function.code_bytes / 1000:.1f} kB zipped, {unpacked / 1000:.0f} kB in {count_noun(len(sizes), 'file')}",
        )
    ]
    if sizes:
        largest = sorted(sizes.items(), key=lambda one: -one[1])[:_LARGE_FILES]
        evidence.append(TroubleEvidence("largest", ", ".join(f"{name} {size / 1000:.0f} kB" for name, size in largest)))
    return tuple(evidence)


def _concurrency(function: Function, warm: int, starts: Starts) -> tuple[TroubleEvidence, ...]:
    kept = TroubleEvidence("kept warm", f"{count_noun(warm, 'environment')} (provisioned concurrency)")
    if function.reserved is None:
        return (kept, TroubleEvidence("reserved", "none reserved: it uses the account's pool"))
    summary = f"at most {function.reserved} at the same time"
    if starts.throttled:
        summary += f", and {count_noun(starts.throttled, 'request', '.0f')} throttled"
    return (kept, TroubleEvidence("reserved", summary, bad=bool(starts.throttled)))


def _explain_settings(function: Function, each: float) -> tuple[str, ...]:
    return (
        (
            f"lambda_reserved_concurrency={_EXAMPLE} keeps nothing warm: it is a limit, and "
            f"free. With {_EXAMPLE + 1} requests at the same time, one is throttled"
        ),
        (
            f"lambda_provisioned_concurrency keeps environments warm: ${each:.2f} a month for each of "
            f"{function.memory_mb} MB, used or not; {_EXAMPLE} would cost ${_EXAMPLE * each:.2f}"
        ),
    )
