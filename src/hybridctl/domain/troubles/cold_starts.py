"""Cold starts: how many, how long, of what, and what would spare them, in money too.

Sources: lambda/latest/dg/configuration-concurrency.html, provisioned-concurrency.html, configuration-memory.html.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import ceil

from hybridctl.domain.cost.bill import kept_seconds
from hybridctl.domain.cost.prices import PriceList
from hybridctl.domain.function import ONE_CPU_MB, Function
from hybridctl.domain.troubles.answer import Answer, Evidence, Remedy, deployed, looked

ENOUGH = 100  # with fewer, the first start of a fresh deploy alone looks like a share worth paying for
RARE = 0.01  # a share of cold requests that nobody notices
LONG_MS = 1000.0
_LARGE_FILES = 3
_GUIDE = 10


@dataclass(frozen=True, slots=True)
class Starts:
    """What the REPORT lines of a while say; milliseconds, `hours` is how long the while was."""

    requests: int
    inits: tuple[float, ...]
    hours: float
    memory_used_mb: float = 0.0
    throttled: float = 0.0
    at_once: float = 0.0

    @property
    def share(self) -> float:
        return len(self.inits) / self.requests if self.requests else 0.0

    def init(self, percentile: int) -> float:
        ordered = sorted(self.inits)
        return ordered[min(len(ordered) - 1, len(ordered) * percentile // 100)] if ordered else 0.0


def judge_cold_starts(
    environment: str, starts: Starts, function: Function, warm: int, sizes: Mapping[str, int], prices: PriceList
) -> Answer:
    """The answer; `warm` environments are kept already, `sizes` are the package's files in bytes."""
    if not starts.requests:
        return Answer(
            "cold-starts",
            environment,
            found=False,
            verdict=f"no request in {starts.hours:.0f} h: there is nothing to judge by",
            evidence=_package(function, sizes),
            remedy=looked(f"hybridctl smoke {environment}", "send some"),
        )
    each = prices[f"lambda-kept-{function.architecture}"].of(kept_seconds(1, function.memory_mb))
    evidence = (
        *_starts(starts),
        _memory(function, starts),
        *_package(function, sizes),
        *_concurrency(function, warm, starts),
    )
    enough = starts.requests >= ENOUGH
    found = enough and (starts.share > RARE or (bool(starts.inits) and starts.init(95) >= LONG_MS))
    verdict = (
        f"{starts.share:.1%} of requests start cold, half of them in {starts.init(50):.0f} ms"
        if starts.inits
        else "no request started cold"
    )
    if not enough:
        verdict += f", of {starts.requests} in all: too few to advise on (at least {ENOUGH})"
    remedy = _remedy(environment, starts, function, warm, each) if found else _well(environment)
    return Answer("cold-starts", environment, found, verdict, evidence, remedy, _guide(function, each))


def _well(environment: str) -> Remedy:
    return looked(f"hybridctl metrics {environment} --plot function.p99", "nothing to mend; the slowest are here")


def _remedy(environment: str, starts: Starts, function: Function, warm: int, each: float) -> Remedy:
    """More memory where starting takes long, for it buys processor; kept environments where it is only frequent."""
    if function.memory_mb < ONE_CPU_MB and starts.init(50) >= LONG_MS:
        memory = min(ONE_CPU_MB, 2 * function.memory_mb)
        faster = function.memory_mb / memory
        why = (
            f"{memory} MB are {memory / ONE_CPU_MB:.0%} of a processor: starting would take about "
            f"{starts.init(50) * faster:.0f} ms, and requests no longer cost more as far as they are processor time"
        )
        return deployed(environment, why, lambda_memory_size=memory)
    if warm and warm >= starts.at_once:
        why = (
            f"{warm} are kept and at most {starts.at_once:.0f} ran at one time, so more would spare nothing: what "
            "started cold was a new version, a direct invocation, or from before they were ready"
        )
        return looked(f"hybridctl metrics {environment} --plot function.spillover", why)
    wanted = max(1, ceil(starts.at_once))
    spared = len(starts.inits) * 730 / max(starts.hours, 1)
    added = (wanted - warm) * each
    why = (
        f"{wanted} kept warm, as many as ran at one time: +${added:.2f} a month, "
        f"{added / spared * 100:.2f} cents for each of about {spared:.0f} cold starts spared"
    )
    if function.reserved is not None and wanted > function.reserved:
        why += f"; the {function.reserved} reserved must make room for them"
        return deployed(environment, why, lambda_provisioned_concurrency=wanted, lambda_reserved_concurrency=2 * wanted)
    return deployed(environment, why, lambda_provisioned_concurrency=wanted)


def _starts(starts: Starts) -> Sequence[Evidence]:
    said = f"{len(starts.inits)} of {starts.requests} in {starts.hours:.0f} h ({starts.share:.1%})"
    found = [Evidence("cold requests", said, bad=starts.share > RARE)]
    if starts.inits:
        told = f"p50 {starts.init(50):.0f} ms, p95 {starts.init(95):.0f} ms, worst {max(starts.inits):.0f} ms"
        found.append(Evidence("init", told, bad=starts.init(95) >= LONG_MS))
    return found


def _memory(function: Function, starts: Starts) -> Evidence:
    used = f", {starts.memory_used_mb:.0f} MB used" if starts.memory_used_mb else ""
    said = f"{function.memory_mb} MB{used}: {function.share_of_cpu:.0%} of a processor ({ONE_CPU_MB} MB are one)"
    return Evidence("memory", said, bad=function.share_of_cpu < 1 and starts.init(50) >= LONG_MS)


def _package(function: Function, sizes: Mapping[str, int]) -> tuple[Evidence, ...]:
    unpacked = sum(sizes.values())
    found = [
        Evidence(
            "package", f"{function.code_bytes / 1000:.1f} kB zipped, {unpacked / 1000:.0f} kB in {len(sizes)} files"
        )
    ]
    if sizes:
        largest = sorted(sizes.items(), key=lambda one: -one[1])[:_LARGE_FILES]
        found.append(Evidence("largest", ", ".join(f"{name} {size / 1000:.0f} kB" for name, size in largest)))
    return tuple(found)


def _concurrency(function: Function, warm: int, starts: Starts) -> tuple[Evidence, ...]:
    kept = Evidence("kept warm", f"{warm} environments (provisioned concurrency)")
    if function.reserved is None:
        return (kept, Evidence("reserved", "nothing: it takes from the account's pool"))
    said = f"at most {function.reserved} at one time"
    if starts.throttled:
        said += f", and {starts.throttled:.0f} requests were turned away"
    return (kept, Evidence("reserved", said, bad=bool(starts.throttled)))


def _guide(function: Function, each: float) -> tuple[str, ...]:
    return (
        f"lambda_reserved_concurrency={_GUIDE} warms nothing: it is a cap, and free. "
        f"Of {_GUIDE + 1} requests at one time it turns one away",
        f"lambda_provisioned_concurrency keeps environments warm: ${each:.2f} a month for each of "
        f"{function.memory_mb} MB, whether used or not; {_GUIDE} would be ${_GUIDE * each:.2f}",
    )
