"""What the history of an environment's releases, oldest first, says."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta

from hybridctl.domain.lineup import Lineup, lineup_after, lineup_before
from hybridctl.domain.release import Alias, Kind, Outcome, Release
from hybridctl.errors import NotFound, VersionNotFound

_DATE = len("20260301")  # what every id begins with
_TIME = "%Y%m%dT%H%M%S"


def mark_of(history: Sequence[Release]) -> str:
    """What tells this history, oldest first, from one that has gone on: its newest release and how that stands."""
    return f"{history[-1].id} {history[-1].outcome}" if history else ""


def next_id(moment: datetime, process: str, mark: str) -> str:
    """The id of a release, which sorts after the newest one of a marked history.

    Ids sort by time. The clock of the machine that made the newest one may be ahead of ours, and two releases can begin
    in one second: then the id gets the second after the newest one's.
    """
    identity = f"{moment:{_TIME}}-{process}"
    newest = mark.partition(" ")[0]
    if identity > newest:
        return identity
    last = datetime.strptime(newest.partition("-")[0], _TIME).replace(tzinfo=UTC)
    following = last + timedelta(seconds=1)
    return f"{following:{_TIME}}-{process}"


def newest_first(history: Sequence[Release]) -> Iterator[Release]:
    """The releases of a history, oldest first, back to the last destroy: what was before it ran in another function."""
    for release in reversed(history):
        if release.kind is Kind.DESTROY and release.outcome is Outcome.LIVE:
            return
        yield release


def last_live_version(history: Sequence[Release]) -> int | None:
    """The version that a history, oldest first, says is live; None where no release of it made one live."""
    live = (one for one in newest_first(history) if one.outcome is Outcome.LIVE)
    return next((one.version_after for one in live if one.version_after is not None), None)


def last_lineup(history: Sequence[Release]) -> Lineup | None:
    """All versions that a history, oldest first, says are live, those of workers too."""
    live = (lineup_after(one) for one in newest_first(history) if one.outcome is Outcome.LIVE)
    return next((one for one in live if one is not None), None)


def is_version(start: str) -> bool:
    """Whether this names a version, and not the beginning of an id."""
    return start.isdecimal() and len(start) < _DATE


def find_release(history: Sequence[Release], start: str) -> Release:
    """The one release whose id begins so, or the last one that made this version live; raises NotFound."""
    if is_version(start):
        live = (one for one in newest_first(history) if one.outcome is Outcome.LIVE)
        made = next((one for one in live if one.version_after == int(start)), None)
        if made:
            return made
    found = [release for release in history if release.id.startswith(start)]
    if len(found) == 1:
        return found[0]
    if found:
        raise NotFound(f"{len(found)} releases begin with {start}", hint=f"the newest of them is {found[-1].id}")
    raise NotFound(
        f"there is no release {start}",
        hint="use a version that was live, or an id from hybridctl releases --output json",
    )


def choose_target(alias: Alias, published: Sequence[int], history: Sequence[Release], wanted: int | None) -> int:
    """The version to roll back to: the one asked for, else the last one live and verified that nobody rolled back from.

    `history` is oldest first. Raises VersionNotFound where there is no such version.
    """
    if wanted is not None:
        if wanted not in published:
            known = ", ".join(str(version) for version in sorted(published, reverse=True)[:8]) or "none"
            raise VersionNotFound(
                f"version {wanted} of the function is not published", hint=f"published versions: {known}"
            )
        return wanted
    left: set[int | None] = {alias.version}  # versions that somebody rolled back from are not good
    for release in newest_first(history):
        if release.kind is Kind.ROLLBACK:
            left.add(release.version_before)
        if release.outcome is not Outcome.LIVE:
            continue
        version = release.version_after
        if release.verified and version is not None and version in published and version not in left:
            return version
    raise VersionNotFound(
        f"no version before {alias.version} was live and verified",
        hint="see hybridctl releases, and choose one with --version N",
    )


def choose_lineup(now: Lineup, published: Sequence[int], history: Sequence[Release]) -> Lineup:
    """The versions to roll back to where there are workers: the last verified ones that nobody rolled back from.

    A release that changed a worker alone is taken back by moving that worker. Raises VersionNotFound.
    """
    left = [now]
    for release in newest_first(history):
        before = lineup_before(release)
        if release.kind is Kind.ROLLBACK and before is not None:
            left.append(before.with_those_of(now))
        found = lineup_after(release)
        if release.outcome is not Outcome.LIVE or not release.verified or found is None:
            continue
        found = found.with_those_of(now)
        if found.version in published and found not in left:
            return found
    raise VersionNotFound(
        "no earlier versions than those that serve were live and verified",
        hint="hybridctl releases shows what was live when; name one with --version N",
    )


def find_lineup(version: int, history: Sequence[Release]) -> Lineup:
    """The workers that were live beside a version when it was last; none where no release of it is known."""
    live = (lineup_after(one) for one in newest_first(history) if one.outcome is Outcome.LIVE)
    return next((one for one in live if one is not None and one.version == version), Lineup(version, {}))
