"""Outcomes as JSON, one file a measurement, and as the tables of docs/bench.md."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from bench.contest import Outcome, Standing

FOLDER = Path(__file__).with_name("results")


@dataclass(frozen=True, slots=True)
class Results:
    """One measurement's outcomes, with the machine and the day of their run."""

    name: str
    title: str
    date: str
    machine: Mapping[str, str | int]
    outcomes: Sequence[Outcome]

    def save(self, folder: Path = FOLDER) -> Path:
        folder.mkdir(exist_ok=True)
        path = folder / f"{self.name}.json"
        path.write_text(json.dumps(_rounded(asdict(self)), indent=2) + "\n", encoding="utf-8")
        return path


def load(path: Path) -> Results:
    content = json.loads(path.read_text(encoding="utf-8"))
    content["outcomes"] = tuple(
        Outcome(**{**one, "ours": Standing(**one["ours"]), "peers": tuple(Standing(**peer) for peer in one["peers"])})
        for one in content["outcomes"]
    )
    return Results(**content)


def table(results: Results) -> Iterator[str]:
    """Markdown: each line is one peer and one figure, with the ratio between hybridctl's value and the peer's."""
    machine = results.machine
    yield f"## {results.title}\n"
    yield (
        f"{results.date}, {machine['cores']} cores of {machine['cpu']}, {machine['memory GB']} GB, "
        f"{machine['system']}, Python {machine['python']}.\n"
    )
    yield "| what | against | figure | hybridctl | peer | ratio |\n| --- | --- | --- | ---: | ---: | ---: |"
    for outcome in results.outcomes:
        for peer in outcome.peers:
            yield from _rows(outcome, peer)
    yield ""
    yield from (f"- {outcome.title}: {outcome.note}" for outcome in results.outcomes if outcome.note)
    for outcome in results.outcomes:
        yield from (f"- {outcome.title}: without {name} ({why})" for name, why in outcome.left_out.items())


def _rows(outcome: Outcome, peer: Standing) -> Iterator[str]:
    for figure, theirs in peer.figures.items():
        if figure in outcome.ours.figures:
            ratio = f"{peer.ratios[figure]:.2f}" if figure in peer.ratios else ""
            ours = shown(figure, outcome.ours.figures[figure])
            yield f"| {outcome.title} | {peer.name} | {_label(figure)} | {ours} | {shown(figure, theirs)} | {ratio} |"


def shown(figure: str, value: float) -> str:
    if figure.endswith("seconds"):
        return f"{value:.2f} s" if value >= 1 else f"{value * 1000:.0f} ms"
    if figure.endswith("MB"):
        return f"{value:.0f} MB"
    return f"{value:,.0f}"


def _label(figure: str) -> str:
    return figure.replace("seconds", "time")


def _rounded(value: object) -> object:
    if isinstance(value, float):
        return float(f"{value:.4g}")
    if isinstance(value, dict):
        return {key: _rounded(part) for key, part in value.items()}
    return [_rounded(part) for part in value] if isinstance(value, list | tuple) else value
