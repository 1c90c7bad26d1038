"""Judge the workers that a release moved: whether the new version fails more often than the old one did."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from math import inf

from hybridctl.domain.counting import count_noun
from hybridctl.domain.evidence import Counts, e_value
from hybridctl.operations.workers import Member
from hybridctl.ports.release import Workers

_BEFORE = timedelta(hours=1)
_CERTAIN = 100.0  # as strong as the evidence that ends a canary: the 1 % level


def find_failing(workers: Workers, members: Sequence[Member], since: datetime, now: datetime) -> list[str]:
    """Describe the workers whose new version fails more often than the old one did in the hour before.

    Only exceptions count: a batch response with failed items is not a failed invocation. A worker without events in
    that hour is not judged.
    """
    return [failure for member in members if (failure := _judge(workers, member, since, now))]


def _judge(workers: Workers, member: Member, since: datetime, now: datetime) -> str:
    metrics = workers.version_metrics(member.traffic.worker)
    new = metrics.totals(member.after, since, now)
    if not new.errors:
        return ""
    old = metrics.totals(member.before, since - _BEFORE, since)
    evidence = e_value([Counts(old.invocations, old.errors, new.invocations, new.errors)], most=inf)
    if evidence < _CERTAIN:
        return ""
    return (
        f"{member.traffic.name_version(member.after)} failed {new.errors} of "
        f"{count_noun(new.invocations, 'invocation')}, "
        f"version {member.before} {old.errors} of {old.invocations} in the hour before"
    )
