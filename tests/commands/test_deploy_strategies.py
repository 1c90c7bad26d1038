"""Canary, linear and blue-green releases, `promote` and `abort`, whole, on fakes with traffic."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from fakes import Behaviour, FakeAlarms, FakeBackend, FakeCheckout, FakeClock
from fakes.backend import NEW_CODE, outputs
from fakes.functions import FakeHandler
from hybridctl.domain.provisioned import Provisioned
from hybridctl.domain.release import Decision, Outcome, Release
from hybridctl.domain.samples import Totals
from hybridctl.domain.watch import Verdict, WatchFinding
from hybridctl.domain.watch_rules import Margin, WatchRules
from hybridctl.errors import LogsThrottled
from hybridctl.operations import watch

CANARY = ("deploy", "local", "--strategy", "canary:10@1m")
GOOD = Behaviour()
BAD = Behaviour(fails_every=10)
SLOW = Behaviour(takes_ms=305)


def about_to_deploy(behaviour: Behaviour = GOOD, *, rate: float = 20.0) -> FakeBackend:
    backend = FakeBackend.deployed(1, live=1)
    backend.terraform.planned = NEW_CODE
    backend.terraform.publishes = FakeHandler(2)
    backend.logs.rate = rate
    backend.logs.versions = {2: behaviour}
    return backend


def leave_running(hybridctl: Any, behaviour: Behaviour = GOOD, rate: float = 0.0) -> FakeBackend:
    """A canary of 10 % that nobody watches."""
    backend = about_to_deploy(behaviour, rate=rate)
    assert hybridctl(*CANARY, "--detach", backend=backend).code == 0
    return backend


def last(backend: FakeBackend) -> Release:
    return backend.journal.releases()[-1]


def test_the_first_share_of_a_canary_meets_a_warm_version(hybridctl):
    backend = about_to_deploy()
    backend.functions.warm = Provisioned(4, 4, "READY")
    ran = hybridctl(*CANARY, backend=backend)
    assert ran.code == 0, ran.err
    assert ran.err.index("✓ warm") < ran.err.index("✓ shift")


def test_a_good_canary_is_promoted_by_its_numbers(hybridctl, golden):
    backend = about_to_deploy()
    ran = hybridctl(*CANARY, backend=backend)
    golden("canary-good.txt", ran.transcript)
    assert ran.code == 0
    assert backend.functions.moves == [(1, {2: 0.1}), (2, {})]
    assert (last(backend).outcome, last(backend).verified) == (Outcome.LIVE, True)
    assert [step.name for step in last(backend).steps][-4:] == ["shift", "watch", "shift", "verify"]
    assert backend.journal.running() is None


@pytest.mark.parametrize(
    ("name", "behaviour", "reason"),
    [
        ("errors", BAD, "errors: "),
        ("slow", SLOW, "slower: p50 305 ms against 5 ms"),
        ("crashes", Behaviour(fails_every=10, crashes=True), "errors: "),
    ],
)
def test_a_bad_canary_is_taken_back_and_the_numbers_say_why(hybridctl, golden, name, behaviour, reason):
    backend = about_to_deploy(behaviour)
    ran = hybridctl(*CANARY, backend=backend)
    golden(f"canary-{name}.txt", ran.transcript)
    assert ran.code == 7
    assert reason in ran.err
    assert backend.functions.moves == [(1, {2: 0.1}), (1, {})]
    assert last(backend).outcome is Outcome.TAKEN_BACK
    answered = backend.logs.answered
    assert answered[2] / (answered[1] + answered[2]) == pytest.approx(0.1, abs=0.02)


def test_a_bad_canary_is_ended_as_soon_as_it_is_certain(hybridctl, clock):
    backend = about_to_deploy(Behaviour(fails_every=1))
    assert hybridctl("deploy", "local", "--strategy", "canary:10@1h", backend=backend).code == 7
    assert sum(clock.slept) < 60


def test_without_load_nothing_is_concluded_and_the_canary_waits(hybridctl, golden):
    backend = about_to_deploy(rate=0)
    ran = hybridctl(*CANARY, backend=backend)
    golden("canary-no-load.txt", ran.transcript)
    assert ran.code == 5
    assert "30 more needed" in ran.err
    assert backend.functions.alias is not None
    assert backend.functions.alias.weights == {2: 0.1}
    running = backend.journal.running()
    assert running is not None
    assert running.rollout is not None
    assert running.rollout.waiting


def test_probes_are_sent_through_the_public_endpoint(hybridctl):
    backend = about_to_deploy()
    before = len(backend.probe.calls)
    assert hybridctl(*CANARY, "--probe", "100", backend=backend).code == 0
    probes = [call.path for call in backend.probe.calls[before:]]
    assert probes.count("/health") >= 50
    assert probes.count("/auth/validate") >= 50


def test_a_canary_is_watched_on_while_only_a_few_requests_are_missing(hybridctl, clock):
    assert hybridctl(*CANARY, backend=about_to_deploy(rate=4.8)).code == 0
    assert 120 < sum(clock.slept) < 130


def test_it_is_not_watched_on_where_they_would_never_be_enough(hybridctl, clock):
    assert hybridctl(*CANARY, backend=about_to_deploy(rate=1.0)).code == 5
    assert sum(clock.slept) < 70


def test_the_margins_of_the_project_hold(hybridctl, project):
    backend = about_to_deploy(Behaviour(takes_ms=25))
    backend.watch_rules = WatchRules((Margin(50, 6.0),))
    assert hybridctl(*CANARY, backend=backend).code == 0


def test_probes_go_on_while_only_a_few_requests_are_missing(hybridctl):
    backend = about_to_deploy(rate=4.8)
    ran = hybridctl(*CANARY, "--probe", "100", backend=backend)
    assert ran.code == 0, ran.err
    assert len(backend.probe.calls) > 200


def test_a_phase_of_linear_is_watched_on_for_the_time_of_all_phases(hybridctl, clock):
    """The first of three needs 5 minutes for its 30 requests, the others one each: 7 of at most 9."""
    ran = hybridctl("deploy", "local", "--strategy", "linear:30@1m", backend=about_to_deploy(rate=0.4))
    assert ran.code == 0, ran.err
    assert 6.5 * 60 < sum(clock.slept) < 9 * 60


def test_all_phases_of_linear_together_take_three_times_their_length_at_most(hybridctl, clock):
    """An error raises a doubt in the first of two, and then the load ends: its own minute and all extensions."""
    backend = about_to_deploy(Behaviour(fails_every=5), rate=0.4)
    answer = backend.logs.page

    def page(*asked, **more):
        if sum(clock.slept) > 60:
            backend.logs.rate = 0
        return answer(*asked, **more)

    backend.logs.page = page
    ran = hybridctl("deploy", "local", "--strategy", "linear:40@1m", backend=backend)
    assert (ran.code, sum(clock.slept)) == (5, pytest.approx(5 * 60, abs=10))


@pytest.mark.parametrize(
    ("probes", "ends"), [((), [False, False, True]), (("--probe", "9"), [False, False, False, True])]
)
def test_only_the_last_look_of_an_inconclusive_canary_knows_that_the_time_is_up(hybridctl, monkeypatch, probes, ends):
    """After two extensions, or after three more rounds of probes."""
    known = []

    def judge(*_numbers, ended, time_is_up, **_more):
        if ended or time_is_up:
            known.append(time_is_up)
        return Verdict(WatchFinding.INCONCLUSIVE, ("unclear",))

    monkeypatch.setattr(watch, "judge", judge)
    assert hybridctl(*CANARY, *probes, backend=about_to_deploy()).code == 5
    assert known == ends


def test_linear_goes_step_by_step(hybridctl):
    backend = about_to_deploy()
    assert hybridctl("deploy", "local", "--strategy", "linear:40@20s", backend=backend).code == 0
    assert backend.functions.moves == [(1, {2: 0.4}), (1, {2: 0.8}), (2, {})]


def test_a_version_that_has_all_traffic_already_is_not_shifted_step_by_step(hybridctl):
    """The history does not say that it is live, so the deploy proves and records it again."""
    backend = FakeBackend.deployed(2, live=2)
    ran = hybridctl(*CANARY, backend=backend)
    assert ran.code == 0, ran.err
    assert "watch" not in ran.err
    assert backend.functions.moves == []
    assert (last(backend).outcome, last(backend).rollout) == (Outcome.LIVE, None)


def test_the_watch_starts_with_the_first_share_however_long_the_move_takes(hybridctl, clock):
    """Requests that came while Lambda was still busy with the move count too."""
    backend = about_to_deploy(rate=2.6)
    move = backend.functions.move

    def move_slowly(*args: Any, **named: Any) -> Any:
        if not backend.functions.moves:
            clock.sleep(60)
        return move(*args, **named)

    backend.functions.move = move_slowly  # type: ignore[method-assign]
    ran = hybridctl(*CANARY, backend=backend)
    assert ran.code == 0, ran.err
    assert sum(clock.slept) < 130  # of a phase of a minute, not extended


def test_blue_green_waits_at_nothing_until_it_is_promoted(hybridctl, golden):
    backend = about_to_deploy()
    ran = hybridctl("deploy", "local", "--strategy", "blue-green", backend=backend)
    golden("blue-green.txt", ran.transcript)
    assert backend.functions.moves == []
    golden("blue-green-status.txt", hybridctl("status", backend=backend).transcript)
    golden("promote-blue-green.txt", hybridctl("promote", "local", backend=backend).transcript)
    assert backend.functions.moves == [(2, {})]
    assert last(backend).outcome is Outcome.LIVE


def test_a_canary_is_left_and_promoted_from_another_machine(hybridctl, golden, clock):
    backend = about_to_deploy()
    golden("canary-detached.txt", hybridctl(*CANARY, "--detach", backend=backend).transcript)
    clock.sleep(60)
    golden("promote.txt", hybridctl("promote", "local", backend=backend).transcript)
    assert backend.functions.moves == [(1, {2: 0.1}), (2, {})]
    release = last(backend)
    assert (release.outcome, release.verified, release.version_after) == (Outcome.LIVE, True, 2)
    assert release.decision is not None
    assert release.decision.verb == "promote"


def test_a_canary_is_aborted_from_another_machine(hybridctl, golden):
    backend = leave_running(hybridctl)
    golden("abort.txt", hybridctl("abort", "local", "-m", "not today", backend=backend).transcript)
    assert backend.functions.moves == [(1, {2: 0.1}), (1, {})]
    assert (last(backend).outcome, last(backend).message) == (
        Outcome.TAKEN_BACK,
        "aborted by ada@example.com: not today",
    )


def test_a_bad_canary_is_promoted_only_by_force(hybridctl, golden, clock):
    backend = leave_running(hybridctl, BAD, rate=20.0)
    clock.sleep(60)
    refused = hybridctl("promote", "local", backend=backend)
    golden("promote-refused.txt", refused.transcript)
    assert refused.code == 5
    assert backend.journal.running() is not None
    assert hybridctl("promote", "local", "--force", backend=backend).code == 0


def test_a_promotion_that_is_red_in_public_gives_everything_back(hybridctl):
    backend = leave_running(hybridctl)
    backend.probe.broken = {2: {"GET /auth/sessions"}}
    assert hybridctl("promote", "local", backend=backend).code == 7
    assert backend.functions.moves == [(1, {2: 0.1}), (2, {}), (1, {})]
    assert last(backend).outcome is Outcome.TAKEN_BACK


@pytest.mark.parametrize("argv", [("promote", "local"), ("abort", "local")])
def test_nothing_to_end_is_not_found(hybridctl, argv):
    ran = hybridctl(*argv, backend=FakeBackend.deployed(1))
    assert ran.code == 3
    assert "no rollout is running" in ran.err


@pytest.mark.parametrize(("first", "second"), [("promote", "abort"), ("abort", "promote")])
def test_the_second_one_learns_who_was_first(hybridctl, first, second):
    backend = leave_running(hybridctl)
    assert hybridctl(first, "local", backend=backend).code == 0
    late = hybridctl(second, "local", backend=backend)
    assert late.code == 4
    assert "by ada@example.com on laptop:4711" in late.err


def test_only_one_at_a_time_ends_a_canary(hybridctl, clock):
    backend = leave_running(hybridctl)
    holder = backend.journal.holder
    assert holder is not None
    backend.journal.holder = replace(holder, decision=Decision("abort", "bob@example.com", "desk:7", clock.now()))
    ran = hybridctl("promote", "local", backend=backend)
    assert ran.code == 4
    assert "bob@example.com on desk:7 is already ending release" in ran.err
    clock.sleep(timedelta(minutes=20).total_seconds())
    assert hybridctl("promote", "local", backend=backend).code == 0


def test_of_two_who_decide_at_once_one_wins(hybridctl, clock):
    """The second reads the claim before the first has written it, and writes it afterwards."""
    backend = leave_running(hybridctl)
    stale = backend.journal.claim()
    assert hybridctl("abort", "local", backend=backend, checkout=Bob()).code == 0
    backend.journal.claim = lambda: stale  # type: ignore[method-assign]
    ran = hybridctl("promote", "local", backend=backend)
    assert ran.code == 4
    assert "bob@example.com" in ran.err
    assert backend.functions.alias is not None
    assert backend.functions.alias.serves_only(1)


def test_the_one_who_watches_learns_that_it_was_aborted(hybridctl, clock):
    backend = about_to_deploy()
    clock.during(10, lambda: hybridctl("abort", "local", backend=backend, checkout=Bob()))
    ran = hybridctl(*CANARY, backend=backend)
    assert ran.code == 4
    assert "bob@example.com on desk:7" in ran.err
    assert backend.functions.moves == [(1, {2: 0.1}), (1, {})]
    assert last(backend).message.startswith("aborted by bob")
    assert clock.monotonic() < 15  # at the next look, and not at the end of the minute


def test_ctrl_c_while_watching_puts_the_alias_back(hybridctl, clock):
    backend = about_to_deploy()
    clock.during(10, interrupt_it)
    ran = hybridctl(*CANARY, backend=backend)
    assert ran.code == 130
    assert backend.functions.moves == [(1, {2: 0.1}), (1, {})]
    assert last(backend).outcome is Outcome.INTERRUPTED
    assert backend.journal.running() is None


@pytest.mark.parametrize("argv", [("promote", "local", "--force"), ("abort", "local")])
def test_an_alias_that_someone_moved_is_left_alone(hybridctl, argv):
    backend = leave_running(hybridctl)
    backend.functions.handlers[3] = FakeHandler(3)
    assert backend.functions.alias is not None
    backend.functions.move(backend.functions.alias, to=3, weights={})
    ran = hybridctl(*argv, backend=backend)
    assert ran.code == 4
    assert "serves version 3 now: someone else moved it" in ran.err
    assert backend.functions.alias.version == 3


def test_while_a_canary_runs_nothing_is_applied(hybridctl, golden):
    backend = leave_running(hybridctl)
    ran = hybridctl("deploy", "local", backend=backend)
    golden("deploy-while-canary.txt", ran.transcript)
    assert ran.code == 4
    assert backend.terraform.applied == 1
    rollback = hybridctl("rollback", "local", backend=backend)
    assert rollback.code == 4
    assert "hybridctl abort local" in rollback.err


def test_weights_without_a_release_are_not_applied_over(hybridctl):
    backend = about_to_deploy()
    backend.functions.handlers[3] = FakeHandler(3)
    assert backend.functions.alias is not None
    backend.functions.alias = replace(backend.functions.alias, weights={3: 0.5})
    ran = hybridctl("deploy", "local", backend=backend)
    assert ran.code == 4
    assert "hybridctl rollback --version 1" in ran.err
    assert backend.terraform.applied == 0


def with_alarms(backend: FakeBackend, alarms: FakeAlarms) -> FakeBackend:
    backend.alarms = alarms
    names = {"alarm_names": ["errors", "slow"]}
    assert backend.state.values is not None
    backend.state.values |= names
    publish: Callable[..., None] = backend.terraform.apply

    def apply(*arguments: Any) -> None:
        publish(*arguments)
        backend.state.values = outputs(2) | names

    backend.terraform.apply = apply  # type: ignore[method-assign]
    return backend


def test_an_alarm_that_turns_red_takes_the_canary_back(hybridctl):
    backend = with_alarms(about_to_deploy(), FakeAlarms(course=[set(), set(), set(), {"slow"}]))
    ran = hybridctl(*CANARY, backend=backend)
    assert ran.code == 7
    assert "alarm slow turned red" in ran.err
    assert backend.functions.moves == [(1, {2: 0.1}), (1, {})]


def test_an_alarm_that_was_red_before_is_noted_and_does_not_block(hybridctl):
    backend = with_alarms(about_to_deploy(), FakeAlarms(red={"slow"}))
    ran = hybridctl(*CANARY, backend=backend)
    assert ran.code == 0
    assert "already red before the release, not counted: slow" in ran.out
    recovered = with_alarms(about_to_deploy(), FakeAlarms(course=[{"slow"}, {"slow"}, set(), {"slow"}]))
    assert hybridctl(*CANARY, backend=recovered).code == 7


def test_an_unknown_stopping_alarm_is_refused_before_anything_moves(hybridctl, project):
    text = (project / "hybridctl.toml").read_text()
    named = text.replace("sandbox = true", 'sandbox = true\nstrategy = "canary:10@1m"\nstop_alarms = ["nonsense"]')
    (project / "hybridctl.toml").write_text(named)
    backend = about_to_deploy()
    backend.alarms = FakeAlarms(unknown={"nonsense"})
    ran = hybridctl("deploy", "local", backend=backend)
    assert ran.code == 2
    assert "there is no alarm 'nonsense'" in ran.err
    assert backend.terraform.applied == 0


def test_errors_that_only_the_metrics_saw_count_too(hybridctl):
    backend = about_to_deploy()
    backend.logs.counted = {2: Totals(invocations=100, errors=50)}
    assert hybridctl(*CANARY, backend=backend).code == 7


def test_a_log_that_is_throttled_for_a_while_is_read_later(hybridctl):
    backend = about_to_deploy()
    backend.logs.unreadable = [LogsThrottled("throttled"), LogsThrottled("throttled")]
    assert hybridctl(*CANARY, backend=backend).code == 0


def test_a_log_that_cannot_be_read_at_the_end_leaves_the_canary_as_it_is(hybridctl):
    backend = about_to_deploy()
    backend.logs.unreadable = [LogsThrottled("throttled")] * 1000
    ran = hybridctl(*CANARY, backend=backend)
    assert ran.code == 5
    message = "inconclusive: throttled; version 2 keeps 10 % of the traffic until you decide"
    assert message in " ".join(ran.err.split())
    assert backend.functions.moves == [(1, {2: 0.1})]


def test_a_failure_shows_every_reason(hybridctl):
    backend = with_alarms(about_to_deploy(BAD), FakeAlarms(course=[set(), set(), {"errors", "slow"}]))
    ran = hybridctl(*CANARY, backend=backend)
    assert ran.code == 7
    assert "alarm errors turned red; alarm slow turned red" in " ".join(ran.err.split())


def test_the_strategy_of_the_environment_holds_unless_another_is_given(hybridctl, project):
    text = (project / "hybridctl.toml").read_text()
    (project / "hybridctl.toml").write_text(
        text.replace("sandbox = true", 'sandbox = true\nstrategy = "linear:50@20s"')
    )
    backend = about_to_deploy()
    assert hybridctl("deploy", "local", backend=backend).code == 0
    assert backend.functions.moves == [(1, {2: 0.5}), (2, {})]
    other = about_to_deploy()
    assert hybridctl("deploy", "local", "--strategy", "all-at-once", backend=other).code == 0
    assert other.functions.moves == [(2, {})]


def test_a_protected_environment_is_a_canary_by_default(hybridctl):
    backend = about_to_deploy()
    assert hybridctl("deploy", "production", backend=backend, answer="production").code == 0
    assert backend.functions.moves[0] == (1, {2: 0.1})


@pytest.mark.parametrize(
    "notation", ["canari:10@5m", "canary:0@5m", "canary:100@5m", "canary:10", "canary:10@0s", "linear:10@5", ""]
)
def test_a_wrong_strategy_is_a_usage_error(hybridctl, project, notation):
    if notation:
        ran = hybridctl("deploy", "local", "--strategy", notation)
        assert (ran.code, ran.out) == (2, "")
        assert "--strategy" in ran.err
    text = (project / "hybridctl.toml").read_text()
    (project / "hybridctl.toml").write_text(text.replace("sandbox = true", f'sandbox = true\nstrategy = "{notation}"'))
    ran = hybridctl("deploy", "local")
    assert ran.code == 2
    assert "hybridctl.toml:7: " in ran.err


def test_json_holds_every_number(hybridctl, golden):
    golden("canary-as-json.txt", hybridctl("--output", "json", *CANARY, backend=about_to_deploy(BAD)).transcript)


class Bob(FakeCheckout):
    def actor(self) -> str:
        return "bob@example.com"

    def host(self) -> str:
        return "desk:7"


def interrupt_it() -> None:
    raise KeyboardInterrupt


def test_the_fake_clock_interrupts_once(clock: FakeClock):
    clock.during(1, interrupt_it)
    with pytest.raises(KeyboardInterrupt):
        clock.sleep(2)
    clock.sleep(2)
