"""The kept figures as docs/bench.md: first in short, then a table for each contest."""

from collections.abc import Iterator, Sequence

from bench import registry
from bench.contest import Outcome, Standing
from bench.report import FOLDER, Results, columns, heading, is_of_sizes, label, load, machine, remarks, rows, shown


def kept() -> Sequence[Results]:
    """Everything that was measured last, in the registry's order."""
    paths = [FOLDER / f"{name}.json" for name in registry.NAMES]
    return [load(path) for path in paths if path.exists()]


def page(measured: Sequence[Results]) -> Iterator[str]:
    """The page's paragraphs below its heading."""
    yield "## In short"
    yield "The first figure of each comparison and its ratio to each other tool, best first. Tables and notes follow."
    yield "\n".join(["| | | hybridctl | compared with |", "| --- | --- | ---: | --- |", *_in_short(measured)])
    for results in measured:
        yield f"## {results.title}"
        if about := registry.about(results.name):
            yield about
        yield machine(results)
        for outcome in results.outcomes:
            yield from _contest(outcome)


def _in_short(measured: Sequence[Results]) -> Iterator[str]:
    for results in measured:
        for place, outcome in enumerate(results.outcomes):
            if outcome.skipped:
                yield f"| {results.title if place == 0 else ''} | {outcome.title} | | skipped: {outcome.skipped} |"
                continue
            figure, ours = next(iter(outcome.ours.figures.items()))
            peers = sorted(outcome.peers, key=lambda peer: peer.ratios.get(figure, 1.0))
            beside = "; ".join(_beside(figure, ours, peer) for peer in peers)
            yield (
                f"| {results.title if place == 0 else ''} | {_title(outcome, figure)} | "
                f"{shown(figure, ours)}{_unit(figure)} | {beside} |"
            )


def _title(outcome: Outcome, figure: str) -> str:
    title = f"{outcome.title}, {outcome.ours.name}" if is_of_sizes(outcome) else outcome.title
    is_one_of_several = figure.endswith("seconds") and figure != "seconds"
    return f"{title}: {label(figure)}" if is_one_of_several else title


def _unit(figure: str) -> str:
    return "" if figure.endswith(("seconds", "MB")) else f" {label(figure)}"


def _beside(figure: str, ours: float, peer: Standing) -> str:
    theirs = peer.figures.get(figure)
    name = heading(peer.name)
    if figure in peer.ratios and ours:
        return f"**{peer.ratios[figure]:.2f}** of {name}"
    return f"{shown(figure, theirs)} by {name}" if theirs is not None else name


def _contest(outcome: Outcome) -> Iterator[str]:
    yield f"### {outcome.title[:1].upper()}{outcome.title[1:]}"
    if not outcome.skipped:
        heads = columns(outcome)
        lines = [heads, ["---", *["---:"] * (len(heads) - 1)], *rows(outcome)]
        yield "\n".join(f"| {' | '.join(line)} |" for line in lines)
    if told := remarks(outcome):
        yield " ".join(told)
