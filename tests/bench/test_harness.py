"""The harness itself, on contenders that cost nothing."""

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from bench import registry, report
from bench.commands import command
from bench.contest import Absent, Contender, Contest, Outcome, Standing
from bench.harness import hold
from bench.machine import describe
from bench.memory import PeakMemory
from bench.page import kept, page
from bench.report import Results
from bench.terminal import WIDTH, show


def contender(name: str, seconds: list[float], seen: list[str]) -> Contender:
    """A contender that takes the given times, one a run, and notes each run."""
    times: Iterator[float] = iter(seconds)

    def run() -> dict[str, float]:
        seen.append(name)
        return {"seconds": next(times), "events missed": 0}

    return Contender(name, run)


def missing(why: str) -> Contender:
    def run() -> dict[str, float]:
        raise Absent(why)

    return Contender("sam", run)


def test_contenders_take_turns_and_the_warm_up_does_not_count():
    seen: list[str] = []
    outcome = hold(
        Contest(
            "x",
            contender("ours", [9, 1, 2, 3], seen),
            [contender("aws", [9, 2, 4, 12], seen)],
            rounds=3,
            warm_ups=1,
        )
    )
    assert seen == ["ours", "aws"] * 4
    assert outcome.ours.figures["seconds"] == 2
    assert outcome.peers[0].figures["seconds"] == 4


def test_a_ratio_is_taken_round_by_round_and_nothing_has_none():
    slow_middle = hold(
        Contest("x", contender("ours", [1, 10, 1], []), [contender("aws", [2, 20, 2], [])], rounds=3, warm_ups=0)
    )
    assert slow_middle.peers[0].ratios == {"seconds": 0.5}


def test_a_peer_that_is_not_there_is_reported_and_the_rest_is_measured():
    outcome = hold(
        Contest(
            "x",
            contender("ours", [1, 1], []),
            [missing("not installed"), contender("aws", [2, 2], [])],
            rounds=1,
        )
    )
    assert outcome.left_out == {"sam": "not installed"}
    assert [peer.name for peer in outcome.peers] == ["aws"]


def test_hybridctl_that_cannot_run_is_a_failure_and_no_gap():
    with pytest.raises(Absent, match="ended with 1"):
        hold(Contest("x", replace(missing("ended with 1"), name="ours"), []))


def test_a_command_is_timed_and_one_that_fails_or_is_not_there_is_left_out():
    python = command("python", [sys.executable, "-c", "pass"])
    fails = command("fails", [sys.executable, "-c", "raise SystemExit('no such flag')"])
    outcome = hold(Contest("x", python, [fails, command("gone", ["/nowhere/peer"])], rounds=1, warm_ups=0))
    assert outcome.ours.figures["seconds"] > 0
    assert "no such flag" in outcome.left_out["fails"]
    assert outcome.left_out["gone"] == "not installed"


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="the memory of a child is read from /proc")
def test_the_most_memory_of_a_child_is_its_own_and_not_its_parents():
    here = bytearray(80_000_000)
    with subprocess.Popen([sys.executable, "-c", "import sys; sys.stdin.read()"], stdin=subprocess.PIPE) as child:
        memory = PeakMemory(child.pid)
        while memory.peak_mb < 5:  # an interpreter takes more, once it is up
            time.sleep(0.01)
    memory.join(5)
    assert not memory.is_alive()
    assert 5 < memory.peak_mb < len(here) / 1e6


def test_results_are_kept_as_json_and_read_back_as_the_same_table(tmp_path):
    contest = Contest("x", contender("ours", [0.25], []), [contender("aws", [0.5], []), missing("not installed")], 1, 0)
    results = Results("startup", "Starting", "2026-01-01", describe(), (hold(contest),))
    path = results.save(tmp_path)
    assert json.loads(path.read_text())["outcomes"][0]["peers"][0]["ratios"] == {"seconds": 0.5}
    assert list(page([report.load(path)])) == list(page([results]))


def outcome(ours: Standing, *peers: Standing, **more: str) -> Outcome:
    return Outcome("x", 1, ours, peers, {"sam": "not installed"}, **more)


def make_results(*outcomes: Outcome) -> Results:
    return Results("build", "Building", "2026-01-01", describe(), outcomes)


def test_a_contest_is_a_table_with_a_column_for_each_peer_and_one_for_its_ratio():
    mine = Standing("ours", {"seconds": 0.25, "peak MB": 70.4, "events missed": 0, "errors": 0})
    aws = Standing("aws", {"seconds": 0.5, "peak MB": 35.2, "events missed": 7}, {"seconds": 0.5, "peak MB": 2})
    bare = Standing("bare", {"events missed": 0})
    lines = "\n".join(page([make_results(outcome(mine, aws, bare, note="sam is slow"))])).splitlines()
    table = lines[lines.index("### X") + 1 :]
    assert table == [
        "|  | ours | aws | ratio | bare |",
        "| --- | ---: | ---: | ---: | ---: |",
        "| time | 250 ms | 500 ms | 0.50 |  |",
        "| peak memory | 70 MB | 35 MB | 2.00 |  |",
        "| events missed | 0 | 7 |  | 0 |",
        "| errors | 0 |  |  |  |",
        "Note: sam is slow. Without sam: not installed.",
    ]


def test_in_short_the_best_ratio_comes_first_and_a_nothing_is_shown_by_the_others_values():
    def standing(name: str, seconds: float, ratio: float) -> Standing:
        return Standing(name, {"seconds": seconds}, {"seconds": ratio})

    fast = outcome(Standing("ours", {"seconds": 1.5}), standing("slow", 1, 1.5), standing("worse", 3, 0.5))
    none = outcome(Standing("ours", {"events missed": 0}), Standing("aws", {"events missed": 7}, {"events missed": 0}))
    sizes = outcome(
        Standing("1,000 events", {"peak MB": 70}), Standing("hybridctl, 10 events", {"peak MB": 70}, {"peak MB": 1})
    )
    table = list(page([make_results(fast, none, sizes)]))[2].splitlines()
    assert table[2:] == [
        "| Building | x | 1.50 s | **0.50** of worse; **1.50** of slow |",
        "|  | x | 0 events missed | 7 by aws |",
        "|  | x, 1,000 events | 70 MB | **1.00** of 10 events |",
    ]


@pytest.mark.parametrize(
    ("figure", "value", "wanted"),
    [
        ("p50 seconds", 0.00005, "0.05 ms"),
        ("seconds", 0.0018, "1.8 ms"),
        ("seconds", 0.0104, "10 ms"),
        ("seconds", 2.345, "2.35 s"),
        ("peak MB", 71.6, "72 MB"),
        ("events", 12345.6, "12,346"),
    ],
)
def test_values_have_their_units(figure: str, value: float, wanted: str):
    assert report.shown(figure, value) == wanted


def test_all_that_is_kept_fits_a_terminal(capsys: pytest.CaptureFixture[str]):
    for results in kept():
        show(results)
    lines = capsys.readouterr().out.splitlines()
    assert "events missed" in "".join(lines)
    assert [line for line in lines if len(line) > WIDTH] == []
    assert not [line for line in lines if "…" in line]


def test_every_measurement_of_the_registry_has_a_heading_and_contests():
    for name in registry.NAMES:
        assert registry.title(name)
        assert callable(registry.contests(name))


def test_kept_figures_are_of_the_registry_and_say_of_the_machine_only_what_figures_depend_on():
    for path in report.FOLDER.glob("*.json"):
        assert path.stem in registry.NAMES
        kept = report.load(path)
        assert set(kept.machine) == {"cores", "cpu", "memory GB", "system", "python"}
        assert str(report.FOLDER.parent.parent) not in path.read_text(encoding="utf-8")


def test_what_cannot_be_measured_here_is_a_row_that_says_why(tmp_path, capsys):
    seen: list[str] = []
    both = contender("ours", [], seen), [contender("aws", [], seen)]
    outcome = hold(Contest("with a mirror", *both, skipped="there is none"))
    assert seen == []
    results = Results("deploy", "Deploying", "2026-01-01", describe(), (outcome,))
    assert report.load(results.save(tmp_path)) == results
    shown = list(page([results]))
    assert "| Deploying | with a mirror | | skipped: there is none |" in shown[2]
    assert shown[-1] == "Skipped: there is none."
    show(results)
    assert "Skipped: there is none." in capsys.readouterr().out
