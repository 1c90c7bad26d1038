"""`hybridctl alarms` as it is typed and as it prints: what is red first, its history, and a rehearsal."""

import io
import json
import re
from dataclasses import replace
from datetime import timedelta

import pytest
from rich.console import Console
from typed import wrong_with

from domain.metrics.test_catalogue import OBSERVABILITY, names_in_hcl
from fakes import FakeBackend
from fakes.alarms import COMPOSITE, ERRORS, SLOW, THROTTLES, burning, make_watched
from fakes.backend import outputs
from fakes.clock import NOON
from hybridctl.domain.alarm_history import AlarmChange, is_through, newest_changes
from hybridctl.domain.alarms import ADVICE, AlarmState, Subscribers
from hybridctl.domain.tfstate import Resource, Resources
from hybridctl.errors import AwsRefused
from hybridctl.operations.alarms import read_alarm_history, read_alarms
from hybridctl.views.render import render

DENIED = AwsRefused("reading the alarms (cloudwatch:DescribeAlarms): access denied: not you", hint="hybridctl doctor")


def print_at(result, width):
    out = io.StringIO()
    Console(file=out, width=width, no_color=True, highlight=False).print(render(result))
    return out.getvalue()


def test_what_is_red_stands_first_and_says_why_and_what_to_type(hybridctl, golden):
    ran = hybridctl("alarms", backend=burning())
    golden("alarms-red.txt", ran.transcript)
    assert ran.code == 5


def test_on_a_wide_terminal_the_reason_is_whole(clock, golden):
    golden("alarms-red-120.txt", print_at(read_alarms(burning(clock), clock), 120))


def test_each_healthy_alarm_is_one_line(hybridctl, golden):
    golden("alarms-well.txt", hybridctl("alarms", "local", backend=make_watched()).transcript)


def test_list_may_be_typed_or_left_out_and_the_environment_named_either_way(hybridctl):
    outs = {
        hybridctl("alarms", *argv, backend=make_watched()).out
        for argv in ((), ("list",), ("local",), ("list", "local"), ("--env", "local"))
    }
    assert len(outs) == 1
    assert hybridctl("alarms", "stagin", backend=make_watched()).code == 2


def test_a_backend_without_alarms_says_so_as_status_does(hybridctl):
    backend = FakeBackend.deployed(1)
    backend.state.values = {key: value for key, value in outputs(1).items() if "alarm" not in key}
    ran = hybridctl("alarms", "local", backend=backend)
    assert ran.out.splitlines()[-1] == "there are no alarms"
    assert ran.code == 0


def test_an_alarm_that_someone_removed_is_not_healthy(hybridctl, golden):
    backend = make_watched()
    del backend.alarms.kept[SLOW]
    ran = hybridctl("alarms", backend=backend)
    golden("alarms-gone.txt", ran.transcript)
    assert ran.code == 5


def test_before_any_deploy_there_are_no_alarms(hybridctl, golden):
    golden("alarms-not-deployed.txt", hybridctl("alarms", backend=FakeBackend()).transcript)


def test_a_missing_permission_says_which(hybridctl, golden):
    backend = make_watched()
    backend.alarms.trouble = DENIED
    golden("alarms-denied.txt", hybridctl("alarms", backend=backend).transcript)


def test_as_json_each_alarm_is_flat_and_whole(hybridctl):
    ran = hybridctl("--output", "json", "alarms", backend=burning())
    found = json.loads(ran.out)
    assert (ran.code, found["well"], found["missing"]) == (5, False, [])
    assert [alarm["short"] for alarm in found["alarms"]] == [
        "degraded",
        "errors",
        "slow",
        "sessions-by-user-write-throttles",
    ]
    errors = found["alarms"][1]
    assert (errors["name"], errors["state"], errors["since"]) == (ERRORS, "ALARM", "2026-03-01T11:48:00+00:00")
    assert errors["advice"] == "hybridctl logs local --since 15m --level error"


def test_all_alarms_are_asked_for_at_once_by_their_names(hybridctl):
    backend = make_watched()
    hybridctl("alarms", backend=backend)
    assert backend.alarms.asked == [[ERRORS, SLOW, THROTTLES, COMPOSITE]]


def test_history_is_that_of_this_environment_newest_first(hybridctl, golden):
    golden("alarms-history.txt", hybridctl("alarms", "history", backend=burning()).transcript)


def test_history_at_120_columns(clock, golden):
    found = read_alarm_history(burning(clock), None, NOON - timedelta(days=1), 20)
    golden("alarms-history-120.txt", print_at(found, 120))


def test_history_of_one_alarm_by_either_name(hybridctl):
    for name in ("errors", ERRORS):
        ran = hybridctl("--output", "json", "alarms", "history", name, "local", backend=burning())
        assert [change["name"] for change in json.loads(ran.out)["changes"]] == ["errors"]


def test_history_takes_the_name_of_an_environment_for_one(hybridctl):
    ran = hybridctl("alarms", "history", "local", "--limit", "1", backend=burning())
    assert (ran.code, ran.out.count("→")) == (0, 1)


def test_history_goes_back_as_far_as_it_is_asked(hybridctl):
    ran = hybridctl("alarms", "history", "--since", "5m", backend=burning())
    assert ran.out == "no alarm has changed state since 2026-03-01 11:55 UTC\n"


def test_an_unknown_alarm_gets_the_nearest_name(hybridctl, golden):
    golden("alarms-unknown.txt", hybridctl("alarms", "history", "error", backend=burning()).transcript)


def test_an_alarm_is_driven_into_alarm_and_back_and_the_composite_follows(hybridctl, golden, clock):
    backend = make_watched(clock)
    ran = hybridctl("alarms", "test", "errors", backend=backend)
    golden("alarms-test.txt", ran.transcript)
    assert ran.code == 0
    states = [(change.name, change.after) for change in backend.alarms.changes]
    assert states == [
        (ERRORS, AlarmState.ALARM),
        (COMPOSITE, AlarmState.ALARM),
        (ERRORS, AlarmState.OK),
        (COMPOSITE, AlarmState.OK),
    ]


def test_a_red_alarm_is_red_again_after_its_test(hybridctl, clock):
    backend = burning(clock)
    assert hybridctl("alarms", "test", "errors", backend=backend).code == 0
    assert backend.alarms.kept[ERRORS].state is AlarmState.ALARM


def test_an_alarm_that_does_not_move_fails_its_test(hybridctl):
    backend = make_watched()
    backend.alarms.deaf = True
    ran = hybridctl("alarms", "test", "errors", backend=backend)
    assert (ran.code, ran.out.splitlines()[0]) == (5, "errors did not change to ALARM and ok")


def test_on_aws_no_alarm_is_tested(hybridctl, golden):
    backend = make_watched()
    ran = hybridctl("alarms", "test", "errors", "staging", backend=backend)
    golden("alarms-test-refused.txt", ran.transcript)
    assert ran.code == 6
    assert backend.alarms.changes == []


def test_a_state_reached_for_another_reason_is_no_test_passed(clock):
    backend = make_watched(clock)
    path = (AlarmState.ALARM, AlarmState.OK)
    for state in path:
        backend.alarms.set_state(ERRORS, state, "ours")
    own = [change for change in backend.alarms.changes if change.name == ERRORS]
    assert is_through(path, own, "ours")
    assert not is_through(path, own, "theirs")
    assert not is_through(path, own[:1], "ours")
    assert not is_through(path, own[::-1], "ours")


def test_every_alarm_of_the_hcl_has_advice_of_its_own():
    text = (OBSERVABILITY / "main.tf").read_text(encoding="utf-8").replace("\n", " ")
    pairs = re.sub(r'namespace\s+= ("AWS/\w+")\s+metric\s+= ', r"\1, ", text)
    watched_metrics = names_in_hcl(pairs)
    assert len(watched_metrics) >= 6
    assert watched_metrics == set(ADVICE)


@pytest.mark.parametrize("text", ADVICE.values())
def test_the_advice_is_something_that_can_be_typed(text):
    assert wrong_with(text.format(env="local").partition(",")[0]) is None


def test_an_alarm_whose_actions_were_taken_is_named_and_exits_5(hybridctl):
    backend = make_watched()
    backend.alarms.kept[SLOW] = replace(backend.alarms.kept[SLOW], notifies=False)
    acting = {"alarm_name": SLOW, "alarm_actions": ["arn:topic"]}
    backend.state.held = Resources((Resource("a", "aws_cloudwatch_metric_alarm", acting),))
    ran = hybridctl("alarms", backend=backend)
    assert (ran.code, ran.out.splitlines()[-1]) == (5, "→ hybridctl deploy local")
    assert "without actions (slow)" in ran.out


def test_an_alarm_that_no_apply_came_to_was_never_made(hybridctl):
    backend = make_watched()
    del backend.alarms.kept[COMPOSITE]
    made = [Resource(name, "aws_cloudwatch_metric_alarm", {"alarm_name": name}) for name in (ERRORS, SLOW, THROTTLES)]
    backend.state.held = Resources(tuple(made))
    out = hybridctl("alarms", backend=backend).out
    assert "missing  degraded: no apply has created it yet" in out
    assert out.splitlines()[-1] == "→ hybridctl deploy local"
    assert "gone" not in out


def test_a_red_alarm_comes_before_a_missing_one(hybridctl, clock):
    backend = burning(clock)
    del backend.alarms.kept[THROTTLES]
    out = hybridctl("alarms", backend=backend).out
    assert "missing  sessions-by-user-write-throttles" in out
    assert not out.splitlines()[-1].startswith("→"), "each red alarm has its own next command"


def test_a_subscription_that_nobody_confirmed_exits_5(hybridctl):
    backend = make_watched()
    backend.state.values |= {"alarm_topic_arn": "arn:topic"}
    backend.state.held = Resources((Resource("s", "aws_sns_topic_subscription", {"endpoint": "a@example.com"}),))
    backend.topics.found = Subscribers(0, 1)
    ran = hybridctl("alarms", backend=backend)
    assert (ran.code, "confirm the subscription" in ran.out) == (5, True)


def test_a_topic_that_is_gone_notifies_nobody_and_exits_5(hybridctl):
    backend = make_watched()
    backend.state.values |= {"alarm_topic_arn": "arn:topic"}
    backend.topics.found = None
    ran = hybridctl("alarms", backend=backend)
    assert (ran.code, ran.out.splitlines()[-1]) == (5, "→ hybridctl deploy local")
    assert "the SNS topic no longer exists, so alarms notify nobody" in ran.out


def test_a_topic_for_something_else_says_nothing_about_the_alarms(hybridctl):
    backend = make_watched()
    alarms = [Resource(name, "aws_cloudwatch_metric_alarm", {"alarm_name": name}) for name in backend.alarms.kept]
    backend.state.held = Resources((*alarms, Resource("t", "aws_sns_topic", {})))
    assert "alarm_topic_arn" not in backend.state.values
    assert "SNS topic" not in hybridctl("alarms", backend=backend).out


def test_history_leaves_out_what_the_making_of_an_alarm_writes(hybridctl):
    backend = burning()
    nothing = AlarmState.INSUFFICIENT_DATA
    backend.alarms.changes.append(AlarmChange(SLOW, NOON, nothing, nothing, "Unchecked: Initial alarm creation"))
    assert "Initial alarm creation" not in hybridctl("alarms", "history", backend=backend).out


def test_the_first_reading_of_a_new_alarm_is_not_an_event_and_data_that_came_back_is(hybridctl):
    nothing, good = AlarmState.INSUFFICIENT_DATA, AlarmState.OK
    new = [AlarmChange(SLOW, NOON - timedelta(minutes=1), nothing, good, "first")]
    assert newest_changes(new, 20) == []
    back = AlarmChange(SLOW, NOON, nothing, good, "back")
    gone = AlarmChange(SLOW, NOON - timedelta(minutes=5), good, nothing, "gone")
    older = AlarmChange(SLOW, NOON - timedelta(hours=2), nothing, good, "first")
    assert newest_changes([back, gone, older], 20) == [back, gone]
    red = [AlarmChange(ERRORS, NOON - timedelta(minutes=n), good, AlarmState.ALARM, str(n)) for n in range(9)]
    read = iter([back, *red, gone])
    assert newest_changes(read, 3) == red[:3]
    assert next(read) is red[3]  # no more was read
    backend = burning()
    backend.alarms.changes[:] = new
    assert "no alarm has changed state" in hybridctl("alarms", "history", backend=backend).out
