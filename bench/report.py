"""Outcomes as JSON, one file a measurement, and as the cells of a table."""

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


def label(figure: str) -> str:
    """A figure's name for a reader, who sees its unit with the value."""
    return figure.replace("seconds", "time").replace("peak MB", "peak memory").removesuffix(" MB")


def shown(figure: str, value: float) -> str:
    """A value of that figure with its unit."""
    if figure.endswith("seconds"):
        if value >= 1:
            return f"{value:.2f} s"
        return f"{value * 1000:.0f} ms" if value >= 0.01 else f"{value * 1000:.2g} ms"
    if figure.endswith("MB"):
        return f"{value:.0f} MB"
    return f"{value:,.0f}"


def machine(results: Results) -> str:
    """When and where it was measured."""
    told = results.machine
    return (
        f"{results.date}, {told['cores']} cores of {told['cpu']}, {told['memory GB']} GB, "
        f"{told['system']}, Python {told['python']}."
    )


_AGAIN = "hybridctl, "


def heading(name: str) -> str:
    """A contender's name over its column; where it is hybridctl again, what tells it apart."""
    return name.removeprefix(_AGAIN)


def is_of_sizes(outcome: Outcome) -> bool:
    """Whether hybridctl is held beside itself."""
    return any(peer.name.startswith(_AGAIN) for peer in outcome.peers)


def columns(outcome: Outcome) -> Sequence[str]:
    """What stands over the columns: what is measured, hybridctl, and each peer with the ratio to it."""
    found = ["", heading(outcome.ours.name)]
    for peer in outcome.peers:
        found += [heading(peer.name), "ratio"] if peer.ratios else [heading(peer.name)]
    return found


def rows(outcome: Outcome) -> Iterator[Sequence[str]]:
    """A row for each figure, as `columns` has it."""
    for figure, value in outcome.ours.figures.items():
        row = [label(figure), shown(figure, value)]
        for peer in outcome.peers:
            row.append(shown(figure, peer.figures[figure]) if figure in peer.figures else "")
            if peer.ratios:
                row.append(f"{peer.ratios[figure]:.2f}" if figure in peer.ratios else "")
        yield row


def remarks(outcome: Outcome) -> Sequence[str]:
    """What a reader has to know of the figures."""
    if outcome.skipped:
        return [f"Skipped: {outcome.skipped}."]
    left_out = [f"Without {name}: {why}." for name, why in outcome.left_out.items()]
    return [f"Note: {outcome.note}.", *left_out] if outcome.note else left_out


def _rounded(value: object) -> object:
    if isinstance(value, float):
        return float(f"{value:.4g}")
    if isinstance(value, dict):
        return {key: _rounded(part) for key, part in value.items()}
    return [_rounded(part) for part in value] if isinstance(value, list | tuple) else value
