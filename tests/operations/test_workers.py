"""Workers beside the API's function: proven, moved and taken back with it, and every release ends in a known state."""

from dataclasses import replace

import pytest

from fakes import FakeBackend
from fakes.backend import NEW_CODE, FakeCounts
from fakes.functions import FakeHandler
from fakes.releases import GOOD, NEW, STRATEGIES, last, record_rollout
from fakes.workers import ORDER, FakeWorker, add_worker
from hybridctl.adapters.aws.release_records import from_record, to_record
from hybridctl.domain.release import Outcome, WorkerMove
from hybridctl.domain.samples import Totals
from hybridctl.errors import AwsRefused

NAMES = ("mailer", "orders")


def record_of(version: int, number: int, **workers: int):
    moves = tuple(WorkerMove(name, None, after) for name, after in sorted(workers.items()))
    return replace(record_rollout(version, number), workers=moves)


@pytest.fixture
def backend() -> FakeBackend:
    """Two workers and the function at version 1, recorded so; version 2 of all is what the next apply publishes."""
    made = FakeBackend.deployed(GOOD, live=GOOD)
    made.terraform.planned = NEW_CODE
    made.terraform.publishes = FakeHandler(NEW)
    made.logs.rate = 20
    for name in NAMES:
        worker = add_worker(made, name, GOOD, live=GOOD)
        worker.handlers[NEW] = FakeHandler(NEW)
    release = record_of(GOOD, 1, **dict.fromkeys(NAMES, GOOD))
    made.journal.records[release.id] = release
    return made


def lineup(backend: FakeBackend) -> tuple[int, ...]:
    """What the aliases serve: of the function, of the mailer, of orders; no weights."""
    found = [backend.functions.alias, *(backend.workers.of[name].alias for name in NAMES)]
    assert all(one is not None and not one.weights for one in found)
    return tuple(one.version for one in found if one is not None)


def moves(worker: FakeWorker) -> list[int]:
    return [to for to, _ in worker.moves]


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_all_are_proven_and_move_together(hybridctl, backend, strategy):
    ran = hybridctl(*STRATEGIES[strategy], backend=backend)
    assert ran.code == 0, ran.err
    assert lineup(backend) == (NEW, NEW, NEW)
    assert backend.workers.of["orders"].asked == [(NEW, ORDER)]
    release = last(backend)
    assert release.workers == (WorkerMove("mailer", GOOD, NEW), WorkerMove("orders", GOOD, NEW))
    assert "orders, version 2" in ran.out
    assert backend.journal.running() is None


@pytest.mark.parametrize("strategy", STRATEGIES)
@pytest.mark.parametrize("name", NAMES)
def test_a_bad_worker_never_goes_live_and_nothing_else_does(hybridctl, backend, name, strategy):
    backend.workers.of[name].bad = {NEW}
    ran = hybridctl(*STRATEGIES[strategy], backend=backend)
    assert ran.code == 5, ran.err
    assert f"{name}: smoke: 1 of 1 check failed" in ran.err
    assert lineup(backend) == (GOOD, GOOD, GOOD)
    assert [moves(one) for one in backend.workers.of.values()] == [[], []]
    assert backend.functions.moves == []
    assert last(backend).outcome is Outcome.FAILED


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_a_function_that_turns_out_bad_takes_its_workers_back(hybridctl, backend, strategy):
    backend.probe.broken = {NEW: {"GET /health"}}
    if strategy != "all-at-once":
        backend.logs.errors = {NEW: 1.0}
    ran = hybridctl(*STRATEGIES[strategy], backend=backend)
    assert ran.code == 7, ran.err
    assert lineup(backend) == (GOOD, GOOD, GOOD)
    assert moves(backend.workers.of["orders"]) == [NEW, GOOD]
    assert last(backend).outcome is Outcome.TAKEN_BACK


ERRORS = {GOOD: Totals(200, 1), NEW: Totals(20, 9)}


@pytest.mark.parametrize("strategy", ["canary", "linear"])
def test_a_worker_that_fails_more_than_before_ends_a_watched_release(hybridctl, backend, strategy):
    backend.workers.counted["orders"] = FakeCounts(ERRORS)
    ran = hybridctl(*STRATEGIES[strategy], backend=backend)
    assert (ran.code, lineup(backend)) == (7, (GOOD, GOOD, GOOD)), ran.err
    assert "version 2 of orders failed 9 of 20 invocations, version 1 1 of 200 in the hour before" in ran.err


@pytest.mark.parametrize(
    "counts",
    [
        {GOOD: Totals(200, 90), NEW: Totals(20, 9)},  # no worse than before
        {GOOD: Totals(200, 0), NEW: Totals(20, 1)},  # one failure proves nothing
        {GOOD: Totals(0, 0), NEW: Totals(20, 9)},  # nothing to compare with
        {GOOD: Totals(200, 9), NEW: Totals(0, 0)},  # nothing to do
    ],
)
def test_a_worker_that_is_no_worse_goes_live(hybridctl, backend, counts):
    backend.workers.counted["orders"] = FakeCounts(counts)
    assert hybridctl(*STRATEGIES["canary"], backend=backend).code == 0
    assert lineup(backend) == (NEW, NEW, NEW)


def test_a_worker_that_cannot_be_moved_takes_the_others_back_and_the_function_stays(hybridctl, backend, monkeypatch):
    def refuse(*_args, **_named):
        raise AwsRefused("moving the alias live: AccessDenied")

    monkeypatch.setattr(backend.workers.of["orders"], "move", refuse)
    ran = hybridctl("deploy", "local", backend=backend)
    assert ran.code == 7, ran.err
    assert lineup(backend) == (GOOD, GOOD, GOOD)
    assert moves(backend.workers.of["mailer"]) == [NEW, GOOD]
    assert backend.functions.moves == []
    assert "version 1 of mailer serves again" in ran.err


def test_ctrl_c_between_two_moves_takes_everything_back(hybridctl, backend, monkeypatch):
    def interrupt(*_args, **_named):
        raise KeyboardInterrupt

    monkeypatch.setattr(backend.functions, "move", interrupt)
    ran = hybridctl("deploy", "local", backend=backend)
    assert ran.code == 130, ran.err
    assert last(backend).outcome is Outcome.INTERRUPTED
    assert [one.alias.version for one in backend.workers.of.values()] == [GOOD, GOOD]


def test_a_blocked_way_back_is_reported_and_the_next_rollback_ends_it(hybridctl, backend, monkeypatch):
    orders, forwards = backend.workers.of["orders"], FakeWorker.move

    def only_forwards(alias, *, to, weights):
        if to == GOOD:
            raise AwsRefused("moving the alias live: AccessDenied")
        return forwards(orders, alias, to=to, weights=weights)

    monkeypatch.setattr(orders, "move", only_forwards)
    backend.probe.broken = {NEW: {"GET /health"}}
    ran = hybridctl("deploy", "local", backend=backend)
    assert (ran.code, lineup(backend)) == (8, (GOOD, GOOD, NEW)), ran.err
    assert "hybridctl rollback local" in ran.err
    monkeypatch.undo()
    again = hybridctl("rollback", "local", backend=backend)
    assert (again.code, lineup(backend)) == (0, (GOOD, GOOD, GOOD)), again.err


@pytest.mark.parametrize("at", ["mailer", "orders", "function"])
def test_a_kill_before_any_of_the_moves_is_repaired_by_the_next_deploy(hybridctl, backend, monkeypatch, at):
    """The record names every alias before the first one moves; the next deploy proves and moves all of them."""
    states = []
    keep = backend.journal.keep

    def keep_release(release):
        keep(release)
        states.append(release)

    monkeypatch.setattr(backend.journal, "keep", keep_release)
    hybridctl("deploy", "local", backend=backend)
    monkeypatch.undo()
    known = next(one for one in states if one.version_after == NEW)
    assert known.workers == (WorkerMove("mailer", GOOD, NEW), WorkerMove("orders", GOOD, NEW))
    # As if it had been killed there: the claim is left, the aliases are where they had come to.
    order = ["mailer", "orders", "function"]
    for name in order:
        aliased = backend.functions if name == "function" else backend.workers.of[name]
        aliased.alias = replace(aliased.alias, version=NEW if order.index(name) < order.index(at) else GOOD)
        aliased.moves.clear()
    backend.journal.records[known.id] = backend.journal.holder = known
    backend.journal.orphaned = True
    backend.terraform.planned = {"resource_changes": []}
    backend.terraform.publishes = None
    ran = hybridctl("deploy", "local", backend=backend)
    assert ran.code == 0, ran.err
    assert lineup(backend) == (NEW, NEW, NEW)
    assert last(backend).outcome is Outcome.LIVE


def test_after_a_kill_a_red_release_goes_back_to_what_the_history_says(hybridctl, backend):
    backend.workers.of["orders"].alias = replace(backend.workers.of["orders"].alias, version=NEW)
    backend.probe.broken = {NEW: {"GET /health"}}
    ran = hybridctl("deploy", "local", backend=backend)
    assert (ran.code, lineup(backend)) == (7, (GOOD, GOOD, GOOD)), ran.err


def test_a_rollback_takes_the_workers_with_it(hybridctl, backend):
    assert hybridctl("deploy", "local", backend=backend).code == 0
    ran = hybridctl("rollback", "local", backend=backend)
    assert (ran.code, lineup(backend)) == (0, (GOOD, GOOD, GOOD)), ran.err
    assert "live of orders: version 2 → 1" in ran.err
    assert last(backend).workers == (WorkerMove("mailer", NEW, GOOD), WorkerMove("orders", NEW, GOOD))
    assert hybridctl("rollback", "local", backend=backend).code == 3  # nobody goes back to what was left


def test_a_rollback_proves_each_worker_before_it_moves_anything(hybridctl, backend):
    assert hybridctl("deploy", "local", backend=backend).code == 0
    backend.workers.of["orders"].bad = {GOOD}
    ran = hybridctl("rollback", "local", backend=backend)
    assert (ran.code, lineup(backend)) == (5, (NEW, NEW, NEW)), ran.err


def test_a_release_of_one_worker_alone_is_rolled_back_by_that_worker(hybridctl, backend):
    backend.terraform.publishes = None
    backend.workers.of["mailer"].handlers.pop(NEW)
    backend.terraform.planned = NEW_CODE
    assert hybridctl("deploy", "local", backend=backend).code == 0
    assert lineup(backend) == (GOOD, GOOD, NEW)
    ran = hybridctl("rollback", "local", backend=backend)
    assert (ran.code, lineup(backend)) == (0, (GOOD, GOOD, GOOD)), ran.err


def test_a_rollback_that_was_cut_off_goes_on_where_it_was_going(hybridctl, backend, monkeypatch):
    assert hybridctl("deploy", "local", backend=backend).code == 0

    def refuse(*_args, **_named):
        raise AwsRefused("moving the alias live: AccessDenied")

    monkeypatch.setattr(backend.workers.of["orders"], "move", refuse)
    ran = hybridctl("rollback", "local", backend=backend)
    assert (ran.code, lineup(backend)) == (8, (GOOD, GOOD, NEW)), ran.err
    monkeypatch.undo()
    again = hybridctl("rollback", "local", backend=backend)
    assert (again.code, lineup(backend)) == (0, (GOOD, GOOD, GOOD)), again.err


@pytest.mark.parametrize(("waiting", "meanwhile"), [(("canary:10@20s", "--detach"), NEW), (("blue-green",), GOOD)])
@pytest.mark.parametrize(("verb", "expected"), [("promote", NEW), ("abort", GOOD)])
def test_promote_and_abort_end_it_for_all(hybridctl, backend, waiting, meanwhile, verb, expected):
    assert hybridctl("deploy", "local", "--strategy", *waiting, backend=backend).code == 0
    assert [one.alias.version for one in backend.workers.of.values()] == [meanwhile, meanwhile]
    ran = hybridctl(verb, "local", *(["--yes"] if verb == "promote" else []), backend=backend)
    assert (ran.code, lineup(backend)) == (0, (expected, expected, expected)), ran.err


@pytest.mark.parametrize("verb", ["promote", "abort"])
def test_workers_that_cannot_be_read_leave_the_rollout_waiting(hybridctl, backend, monkeypatch, verb):
    assert hybridctl("deploy", "local", "--strategy", "canary:10@20s", "--detach", backend=backend).code == 0
    weights = dict(backend.functions.alias.weights)

    def refuse():
        raise AwsRefused("listing the versions of orders: Throttling")

    monkeypatch.setattr(backend.workers.of["orders"], "versions", refuse)
    assert hybridctl(verb, "local", *(["--yes"] if verb == "promote" else []), backend=backend).code != 0
    assert (backend.functions.alias.version, backend.functions.alias.weights) == (GOOD, weights)
    assert last(backend).outcome is Outcome.RUNNING
    monkeypatch.undo()
    ran = hybridctl("abort", "local", backend=backend)
    assert (ran.code, lineup(backend)) == (0, (GOOD, GOOD, GOOD)), ran.err


def test_a_promotion_that_turns_red_takes_all_back(hybridctl, backend):
    assert hybridctl("deploy", "local", "--strategy", "blue-green", backend=backend).code == 0
    backend.probe.broken = {NEW: {"GET /health"}}
    ran = hybridctl("promote", "local", "--yes", backend=backend)
    assert (ran.code, lineup(backend)) == (7, (GOOD, GOOD, GOOD)), ran.err


def test_nothing_is_to_do_only_when_every_worker_serves_its_newest_version(hybridctl, backend):
    assert hybridctl("deploy", "local", backend=backend).code == 0
    backend.terraform.planned, backend.terraform.publishes = {"resource_changes": []}, None
    same = hybridctl("deploy", "local", backend=backend)
    assert "nothing to do" in same.out
    backend.workers.of["orders"].alias = replace(backend.workers.of["orders"].alias, version=GOOD)
    ran = hybridctl("deploy", "local", backend=backend)
    assert (ran.code, lineup(backend)) == (0, (NEW, NEW, NEW)), ran.err
    assert "nothing to do" not in ran.out


def test_a_worker_with_other_code_gets_the_package_again(hybridctl, backend):
    orders = backend.workers.of["orders"]
    orders.code[NEW] = "stale"
    ran = hybridctl("deploy", "local", backend=backend)
    assert (ran.code, lineup(backend)) == (0, (NEW, NEW, NEW + 1)), ran.err


def test_lambda_that_is_busy_is_waited_for(hybridctl, backend):
    backend.workers.of["orders"].busy = 3
    assert hybridctl("deploy", "local", backend=backend).code == 0
    assert lineup(backend) == (NEW, NEW, NEW)


def test_a_record_without_workers_does_not_mention_them():
    plain = to_record(record_rollout(GOOD))
    assert "workers" not in plain
    assert from_record(plain).workers == ()
    moved = record_of(GOOD, 1, orders=3)
    assert from_record(to_record(moved)).workers == (WorkerMove("orders", None, 3),)
