"""What the history of an environment's releases says. Histories are oldest first."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta

from hybridctl.domain.lineup import Lineup, lineup_after, lineup_before
from hybridctl.domain.release import Alias, Kind, Outcome, Release
from hybridctl.errors import NotFound, VersionNotFound

_YEAR, _DATE = len("2026"), len("20260301")  # the start of every id
_TIME = "%Y%m%dT%H%M%S"


def mark_of(history: Sequence[Release]) -> str:
    """Return a mark that changes with the history: the id and outcome of its newest release."""
    return f"{history[-1].id} {history[-1].outcome}" if history else ""


def has_gone_on(newest: Sequence[Release], mark: str, closed: Release | None) -> bool:
    """Return whether a release was made since the history was marked, other than `closed`, whose process had died."""
    return mark_of(newest) not in ((mark, mark_of([closed])) if closed else (mark,))


def next_id(moment: datetime, process: str, mark: str) -> str:
    """Return a release id that sorts after the newest release of the marked history.

    Ids sort by time. If the newest id is not older than `moment` (another machine's clock is ahead, or two releases
    start in one second), the new id uses the second after it.
    """
    identity = f"{moment:{_TIME}}-{process}"
    newest = mark.partition(" ")[0]
    if identity > newest:
        return identity
    last = datetime.strptime(newest.partition("-")[0], _TIME).replace(tzinfo=UTC)
    following = last + timedelta(seconds=1)
    return f"{following:{_TIME}}-{process}"


def newest_first(history: Sequence[Release]) -> Iterator[Release]:
    """Yield releases, newest first, back to the last destroy. Earlier releases ran in another function."""
    for release in reversed(history):
        if release.kind is Kind.DESTROY and release.outcome is Outcome.LIVE:
            return
        yield release


def last_live_version(history: Sequence[Release]) -> int | None:
    """Return the version that the history says is live, or None if no release made one live."""
    live = (one for one in newest_first(history) if one.outcome is Outcome.LIVE)
    return next((one.version_after for one in live if one.version_after is not None), None)


def last_lineup(history: Sequence[Release]) -> Lineup | None:
    """Return all versions that the history says are live, including workers, or None."""
    live = (lineup_after(one) for one in newest_first(history) if one.outcome is Outcome.LIVE)
    return next((one for one in live if one is not None), None)


def is_version(start: str) -> bool:
    """Return whether this is a version number, not the start of a release id."""
    return start.isdecimal() and len(start) < _DATE


def find_release(history: Sequence[Release], start: str) -> Release:
    """Return the release whose id starts with `start`, or the last one that made this version live, else the last one
    that published it. A number of fewer digits than a year is always a version. Raises NotFound.
    """
    if is_version(start):
        made = [one for one in newest_first(history) if one.version_after == int(start)]
        if made:
            return next((one for one in made if one.outcome is Outcome.LIVE), made[0])
    may_be_id = len(start) >= _YEAR or not is_version(start)
    matches = [release for release in history if may_be_id and release.id.startswith(start)]
    if len(matches) == 1:
        return matches[0]
    if matches:
        raise NotFound(f"{len(matches)} releases begin with {start}", hint=f"the newest of them is {matches[-1].id}")
    raise NotFound(
        f"there is no release {start}",
        hint="use a version from hybridctl releases, or an id from hybridctl releases --json",
    )


def choose_target(alias: Alias, published: Sequence[int], history: Sequence[Release], wanted: int | None) -> int:
    """Return the version to roll back to: `wanted`, or the last live and verified version that nobody rolled back from.

    `history` is oldest first. Raises VersionNotFound if there is no such version.
    """
    if wanted is not None:
        if wanted not in published:
            known = ", ".join(str(version) for version in sorted(published, reverse=True)[:8]) or "none"
            raise VersionNotFound(
                f"version {wanted} of the function is not published", hint=f"published versions: {known}"
            )
        return wanted
    left: set[int | None] = {alias.version}  # versions that somebody rolled back from
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
    """Return the versions to roll back to with workers: the last verified versions that nobody rolled back from.

    A release that changed only a worker is undone by moving that worker. Raises VersionNotFound.
    """
    left = [now]
    for release in newest_first(history):
        before = lineup_before(release)
        if release.kind is Kind.ROLLBACK and before is not None:
            left.append(before.with_those_of(now))
        lineup = lineup_after(release)
        if release.outcome is not Outcome.LIVE or not release.verified or lineup is None:
            continue
        lineup = lineup.with_those_of(now)
        if lineup.version in published and lineup not in left:
            return lineup
    raise VersionNotFound(
        "no earlier versions than those that serve were live and verified",
        hint="hybridctl releases shows what was live when; name one with --version N",
    )


def find_lineup(version: int, history: Sequence[Release]) -> Lineup:
    """Return a version with the workers that were live when it was last live, or without workers if no release of it is
    known.
    """
    live = (lineup_after(one) for one in newest_first(history) if one.outcome is Outcome.LIVE)
    return next((one for one in live if one is not None and one.version == version), Lineup(version, {}))
