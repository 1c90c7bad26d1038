"""`hybridctl rollback` and `releases`, whole, on fakes."""

from dataclasses import replace
from datetime import timedelta

import pytest

from fakes import FakeBackend
from fakes.clock import NOON
from hybridctl.domain.provisioned import Provisioned
from hybridctl.domain.release import Kind, Outcome, Release


def live(number: int, version: int, kind: Kind = Kind.DEPLOY, before: int | None = None) -> Release:
    return Release(
        id=f"2026030{number}T120000-1",
        kind=kind,
        environment="local",
        account="000000000000",
        actor="ada@example.com",
        host="laptop:1",
        started=NOON + timedelta(days=number),
        finished=NOON + timedelta(days=number, seconds=9),
        outcome=Outcome.LIVE,
        build="b" * 16,
        version_before=before,
        version_after=version,
        verified=True,
    )


def with_history(*releases: Release, versions: tuple[int, ...] = (1, 2, 3), serving: int = 3) -> FakeBackend:
    backend = FakeBackend.deployed(*versions, live=serving)
    backend.journal.records = {release.id: release for release in releases}
    return backend


THREE = (live(1, 1), live(2, 2, before=1), live(3, 3, before=2))


@pytest.mark.parametrize(
    ("name", "argv", "moves"),
    [
        ("to-the-last-good", ["rollback", "local"], [(2, {})]),
        ("to-a-version", ["rollback", "--version", "1", "-m", "slow"], [(1, {})]),
        ("dry-run", ["rollback", "--dry-run"], []),
        ("already-there", ["rollback", "--version", "3"], []),
        ("unknown-version", ["rollback", "--version", "99"], []),
        ("bad-number", ["rollback", "--version", "x"], []),
        ("as-json", ["--output", "json", "rollback"], [(2, {})]),
    ],
)
def test_rollback(hybridctl, golden, name, argv, moves):
    backend = with_history(*THREE)
    golden(f"rollback-{name}.txt", hybridctl(*argv, backend=backend).transcript)
    assert backend.functions.moves == moves


def test_a_version_someone_rolled_back_from_is_not_a_target(hybridctl):
    history = (*THREE, live(4, 2, Kind.ROLLBACK, before=3))
    backend = with_history(*history, serving=2)
    assert hybridctl("rollback", backend=backend).code == 0
    assert backend.functions.moves == [(1, {})]


def test_the_oldest_good_version_has_nowhere_to_go(hybridctl):
    ran = hybridctl("rollback", backend=with_history(live(1, 1), versions=(1,), serving=1))
    assert ran.code == 3
    assert "no version before 1 was live and verified" in ran.err


def test_a_broken_target_is_found_out_before_anything_moves(hybridctl):
    backend = with_history(*THREE)
    backend.functions.handlers[2].broken = {"GET /health"}
    ran = hybridctl("rollback", backend=backend)
    assert ran.code == 5
    assert backend.functions.moves == []


def test_a_lost_race_overwrites_nothing(hybridctl):
    backend = with_history(*THREE)
    backend.functions.moved_by_others = True
    ran = hybridctl("rollback", backend=backend)
    assert ran.code == 4
    assert "someone else moved it" in ran.err
    assert backend.functions.alias is not None
    assert backend.functions.alias.version == 3


def test_production_needs_its_name_typed(hybridctl):
    assert hybridctl("rollback", "production", backend=with_history(*THREE)).code == 6
    assert hybridctl("rollback", "production", backend=with_history(*THREE), answer="production").code == 0


def test_nothing_deployed_is_not_found(hybridctl):
    ran = hybridctl("rollback", backend=FakeBackend())
    assert ran.code == 3
    assert "hint: hybridctl deploy local" in ran.err


def test_releases_show_what_was_live_and_mark_what_is(hybridctl, golden):
    history = (*THREE, live(4, 2, Kind.ROLLBACK, before=3))
    golden("releases.txt", hybridctl("releases", backend=with_history(*history, serving=2)).transcript)
    golden("releases-none.txt", hybridctl("releases", backend=FakeBackend()).transcript)


def test_a_function_that_is_busy_is_waited_for(hybridctl, clock):
    """UpdateAlias answers ResourceConflictException while provisioned concurrency is being allocated."""
    backend = FakeBackend.deployed(1, 2)
    backend.functions.busy = 3
    ran = hybridctl("rollback", "local", "--version", "1", backend=backend)
    assert (ran.code, backend.functions.alias.version, clock.slept) == (0, 1, [2.0, 2.0, 2.0])
    backend.functions.busy = 1000
    held = hybridctl("rollback", "local", "--version", "2", backend=backend)
    assert (held.code, "another change of the function is in progress" in held.err) == (4, True)
    assert backend.functions.alias.version == 1


def test_a_rollback_does_not_wait_for_what_is_kept_warm_and_says_so(hybridctl, clock):
    backend = FakeBackend.deployed(1, 2)
    backend.functions.warm = Provisioned(5, 2, "IN_PROGRESS")
    ran = hybridctl("rollback", "local", "--version", "1", backend=backend)
    assert ran.code == 0, ran.err
    assert clock.slept == []
    assert "2 of 5 environments warm: cold starts until all are ready" in ran.err


def test_a_version_is_warm_before_it_takes_traffic(hybridctl):
    """As many requests at once as the alias keeps warm, again until so many environments were opened."""
    backend = FakeBackend.deployed(1, 2)
    backend.functions.warm = Provisioned(4, 4, "READY")
    backend.functions.cold_starts = {1: 2 + 3}  # two while it is proven
    ran = hybridctl("rollback", "local", "--version", "1", backend=backend)
    assert ran.code == 0, ran.err
    assert "✓ warm      version 1: opened 3 more for 4 requests in parallel" in ran.err
    assert ran.err.index("✓ warm") < ran.err.index("✓ shift")


def test_a_version_that_is_warm_already_is_asked_a_few_times_only(hybridctl):
    backend = FakeBackend.deployed(1, 2)
    backend.functions.warm = Provisioned(4, 4, "READY")
    ran = hybridctl("rollback", "local", "--version", "1", backend=backend)
    assert "version 1: opened 0 more for 4 requests in parallel" in ran.err
    assert backend.functions.answered == 9 + 5 * 4  # nine prove it


def test_a_version_that_cannot_be_warmed_takes_traffic_anyway(hybridctl):
    backend = FakeBackend.deployed(1, 2)
    backend.functions.warm = Provisioned(4, 4, "READY")
    backend.functions.throttled_after = 12  # the suite that proves it has nine checks
    ran = hybridctl("rollback", "local", "--version", "1", backend=backend)
    assert (ran.code, backend.functions.alias.version) == (0, 1), ran.err
    assert "✓ warm      version 1 starts cold: invoking: TooManyReque" in ran.err


def test_an_alias_that_still_reads_as_before_is_read_again(hybridctl):
    """GetAlias is eventually consistent: an old answer does not mean that someone else has moved it."""
    backend = FakeBackend.deployed(1, 2)
    backend.functions.stale_reads = 3
    ran = hybridctl("rollback", "local", "--version", "1", backend=backend)
    assert ran.code == 0, ran.err


def dead(number: int, version: int, kind: Kind) -> Release:
    """What a kill leaves in the history once it is closed."""
    return live(number, version, kind).finish(Outcome.INTERRUPTED, NOON, message="its process died before finishing")


def test_a_rollback_that_was_cut_off_is_continued_by_the_next(hybridctl, clock):
    clock.at += timedelta(days=9)
    backend = FakeBackend.deployed(1, 2, 3, live=1)  # the alias had been moved already
    backend.journal.records = {one.id: one for one in (live(1, 1), live(2, 2), live(3, 3), dead(4, 1, Kind.ROLLBACK))}
    ran = hybridctl("rollback", "local", backend=backend)
    assert ran.code == 0, ran.err
    last = backend.journal.releases()[-1]
    assert (last.kind, last.version_after, last.outcome, last.verified) == (Kind.ROLLBACK, 1, Outcome.LIVE, True)


def test_what_serves_and_was_never_recorded_is_proven_and_recorded_by_the_next_deploy(hybridctl, clock):
    clock.at += timedelta(days=9)
    backend = FakeBackend.deployed(1, 2)
    backend.journal.records = {one.id: one for one in (live(1, 1), dead(2, 2, Kind.DEPLOY))}
    assert backend.journal.releases()[-1].outcome is Outcome.INTERRUPTED
    ran = hybridctl("deploy", "local", backend=backend)
    assert ran.code == 0, ran.err
    last = backend.journal.releases()[-1]
    assert (last.version_after, last.outcome, last.verified) == (2, Outcome.LIVE, True)
    again = hybridctl("deploy", "local", backend=backend)
    assert "nothing to do" in again.out


GONE = replace(live(4, 0, Kind.DESTROY), version_after=None, verified=False)


def test_versions_of_before_a_destroy_are_no_targets(hybridctl):
    """They were of another function, whatever numbers the new one gives."""
    failed = replace(live(6, 2), outcome=Outcome.FAILED, verified=False)
    backend = with_history(*THREE, GONE, live(5, 1), failed, versions=(1, 2), serving=1)
    ran = hybridctl("rollback", "local", backend=backend)
    assert ran.code == 3
    assert "no version before 1 was live and verified" in ran.err
    assert backend.functions.moves == []


def test_status_after_a_destroy_and_a_failed_first_deploy_speaks_of_no_earlier_version(hybridctl):
    failed = replace(live(5, 1), outcome=Outcome.FAILED, verified=False, message="red")
    backend = with_history(*THREE, GONE, failed, versions=(1,), serving=1)
    message = " ".join(hybridctl("status", "local", backend=backend).out.split())
    assert "version 1 serves, but no release has verified it" in message
    assert "was live before" not in message
    assert "moved outside" not in message
