"""Runs a contest: A B A B, so that what slows the machine down slows everybody down."""

from collections.abc import Mapping, Sequence
from statistics import median

from bench.contest import Absent, Contender, Contest, Outcome, Sample, Standing


def hold(contest: Contest) -> Outcome:
    """Run every round and take the medians; Absent is raised only when it is hybridctl itself that cannot run."""
    if contest.skipped:
        return Outcome(contest.title, 0, Standing(contest.ours.name, {}), (), {}, skipped=contest.skipped)
    samples: dict[str, list[Sample]] = {one.name: [] for one in (contest.ours, *contest.peers)}
    left_out: dict[str, str] = {}
    for number in range(-contest.warm_ups, contest.rounds):
        for contender in (contest.ours, *contest.peers):
            if contender.name in left_out:
                continue
            sample = _once(contender, left_out, required=contender is contest.ours)
            if sample is not None and number >= 0:
                samples[contender.name].append(sample)
    ours = samples[contest.ours.name]
    return Outcome(
        title=contest.title,
        rounds=contest.rounds,
        ours=Standing(contest.ours.name, _medians(ours)),
        peers=tuple(
            Standing(peer.name, _medians(samples[peer.name]), _ratios(ours, samples[peer.name]))
            for peer in contest.peers
            if peer.name not in left_out
        ),
        left_out=left_out,
        note=contest.note,
    )


def _once(contender: Contender, left_out: dict[str, str], *, required: bool) -> Sample | None:
    try:
        contender.prepare()
        return contender.run()
    except Absent as why:
        if required:
            raise
        left_out[contender.name] = str(why)
        return None


def _medians(samples: Sequence[Sample]) -> Mapping[str, float]:
    return {name: median(sample[name] for sample in samples) for name in samples[0]}


def _ratios(ours: Sequence[Sample], theirs: Sequence[Sample]) -> Mapping[str, float]:
    """Round by round, because neighbours in time share the machine's mood; a figure of nothing has no ratio."""
    found = {}
    for name in [one for one in ours[0] if one in theirs[0]]:
        pairs = [(mine[name], other[name]) for mine, other in zip(ours, theirs, strict=True)]
        if all(other > 0 for _, other in pairs):
            found[name] = median(mine / other for mine, other in pairs)
    return found
