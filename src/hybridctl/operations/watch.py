"""Watch two versions behind one alias: read their results, judge, and stop as soon as the verdict is certain."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

from hybridctl.domain.alarms import AlarmState
from hybridctl.domain.comparison import RunningComparison
from hybridctl.domain.counting import count_noun
from hybridctl.domain.logs.group import LogKind
from hybridctl.domain.logs.moments import Window
from hybridctl.domain.release import Rollout
from hybridctl.domain.samples import Sample
from hybridctl.domain.smoke import Answer
from hybridctl.domain.smoke_plan import Call
from hybridctl.domain.strategy import MOST_TIMES, Phase, parse_strategy
from hybridctl.domain.traffic import PATTERN, Tally
from hybridctl.domain.watch import WatchFinding, WatchReport, judge
from hybridctl.errors import AwsRefused, CheckFailed, ConfigurationInvalid
from hybridctl.ports.insight import AlarmSource, HasAlarms, HasLogs, HasVersionMetrics, LogSource
from hybridctl.ports.release import HasPlace, HasRules
from hybridctl.ports.run import Clock, StepNotes


class WatchPorts(HasAlarms, HasLogs, HasPlace, HasRules, HasVersionMetrics, Protocol):
    """The ports that a watch uses."""


@dataclass(frozen=True, slots=True)
class WatchPace:
    """Timing in seconds: how often to read the log, how late its lines can be, and how long to wait for the last."""

    poll: float
    lateness: float
    settle: float


SANDBOX = WatchPace(poll=2.0, lateness=5.0, settle=1.0)
AWS = WatchPace(poll=15.0, lateness=60.0, settle=15.0)  # FilterLogEvents: 5 calls a second for account and region

# Each request draws its version at random: of 400 at 10 %, 30 reach the new version in 96 of 100 releases, not in all.
_MORE_ROUNDS = 3
_ROUND_SECONDS = 60.0


@dataclass
class Watch:
    """The watch of a rollout over all its phases: the numbers count from its first shift.

    `ask` sends probes; `confirm` raises if the release no longer belongs to this process.
    """

    backend: WatchPorts
    clock: Clock
    ask: Callable[[Call], Answer]
    rollout: Rollout
    since: datetime
    confirm: Callable[[], None] = lambda: None
    probes: int = 0
    _tally: Tally = field(default_factory=Tally)
    _known: RunningComparison = field(init=False)
    _log: LogSource = field(init=False)
    _newest: datetime = field(init=False)
    _still_red: set[str] = field(init=False)
    _phases: Sequence[Phase] = field(init=False)
    _extensions: int = field(init=False)  # how many times any phase can still be extended by its length
    _unread: str = ""

    def __post_init__(self) -> None:
        self._phases = parse_strategy(self.rollout.strategy).phases
        self._extensions = (MOST_TIMES - 1) * len(self._phases)
        self._known = RunningComparison(self.backend.rules.watch.margins, phases=max(1, len(self._phases)))
        self._log = self.backend.log(LogKind.FUNCTION)
        self._newest = self.since
        self._still_red = set(self.rollout.red_before)

    @property
    def pace(self) -> WatchPace:
        return SANDBOX if self.backend.place.endpoint else AWS

    def run(self, phase: Phase, step: StepNotes) -> WatchReport:
        """Return the report at the end of the phase, or earlier once the new version has certainly failed."""
        began = self.clock.monotonic()
        report = self._until(began, phase.seconds, phase, step)
        windows = 1
        while self._extensions and not self.probes and self._is_worth_watching(report, windows):
            windows += 1
            self._extensions -= 1
            report = self._until(began, windows * phase.seconds, phase, step)
        for left in reversed(range(_MORE_ROUNDS)):
            if not self.probes or report.verdict.finding is not WatchFinding.INCONCLUSIVE:
                break
            step.now(f"{in_words(report)} · sending {self.probes} more requests")
            self._send(0, self.probes, until=self.clock.monotonic() + _ROUND_SECONDS)
            report = self._last_look(phase, time_is_up=not left)
        return report

    def _is_worth_watching(self, report: WatchReport, windows: int) -> bool:
        longer = 1 + self._extensions / windows
        enough = self.backend.rules.watch.min_requests
        hopeful = is_worth_watching(report.new.requests, report.new.errors, enough, longer)
        return report.verdict.finding is WatchFinding.INCONCLUSIVE and hopeful

    def _until(self, began: float, seconds: float, phase: Phase, step: StepNotes) -> WatchReport:
        """Return the report `seconds` after the start of the phase, or earlier once the new version has certainly
        failed.
        """
        sent = 0
        while (elapsed := self.clock.monotonic() - began) < seconds:
            due = round(self.probes * min(1.0, (elapsed + self.pace.poll) / seconds))
            sent = self._send(sent, due, until=began + min(seconds, elapsed + self.pace.poll))
            rest = seconds - (self.clock.monotonic() - began)
            self.clock.sleep(max(0.0, min(self.pace.poll - (self.clock.monotonic() - began - elapsed), rest)))
            with suppress(AwsRefused):  # a claim that cannot be read is read again
                self.confirm()
            report = self.look(phase, ended=False)
            step.now(f"{in_words(report)} · {self._time_left(phase, max(0.0, rest))}")
            if report.verdict.finding is WatchFinding.FAIL:
                return report
        return self._last_look(phase, time_is_up=not self._extensions)

    def _time_left(self, phase: Phase, rest: float) -> str:
        more = f", at most {self._extensions * phase.seconds:.0f} s more while in doubt" if self._extensions else ""
        return f"{rest:.0f} s left{more}"

    def _last_look(self, phase: Phase, *, time_is_up: bool) -> WatchReport:
        self.clock.sleep(self.pace.settle)
        self.confirm()
        return self.look(phase, ended=True, time_is_up=time_is_up)

    def look(self, phase: Phase, *, ended: bool, time_is_up: bool = False) -> WatchReport:
        """Return the current numbers and their verdict; at the end of a phase, unreadable numbers are an error."""
        try:
            self._read_log(deep=ended)
            self._unread = ""
            old, new = self._samples()
            red = self._red()
        except AwsRefused as error:
            if ended:
                raise
            self._unread = str(error)
            old, new = self._tally.sample(self.rollout.old), self._tally.sample(self.rollout.new)
            red = []
        slices = self._tally.slices(old.version, new.version)
        verdict = judge(
            old,
            new,
            ended=ended,
            slices=slices,
            rules=self.backend.rules.watch,
            red=red,
            known=self._known,
            phases=max(1, len(self._phases)),
            time_is_up=time_is_up,
        )
        seconds = (self.clock.now() - self.since).total_seconds()
        notes = (self._unread,) if self._unread else ()
        return WatchReport(phase.share, round(seconds, 1), old, new, verdict, tuple(sorted(self._still_red)), notes)

    def _read_log(self, *, deep: bool) -> None:
        """Read on from shortly before the newest line; lines that were already read are not counted again."""
        reach = timedelta(seconds=self.pace.lateness * (2 if deep else 1))
        window = Window(max(self.since, self._newest - reach), self.clock.now() + timedelta(seconds=1))
        token: str | None = None
        while True:
            page = self._log.page(window, pattern=PATTERN, token=token)
            self._tally.hear(page.events)
            self._newest = max((event.time for event in page.events), default=self._newest)
            token = page.token
            if token is None:
                return

    def _samples(self) -> tuple[Sample, Sample]:
        """Read the log first. Metrics, which are minutes late and whole minutes only, confirm what the log may lack."""
        until = self.clock.now()
        old, new = self._tally.sample(self.rollout.old), self._tally.sample(self.rollout.new)
        new = new.add_totals(self.backend.version_metrics.totals(new.version, self.since, until))
        if not old.requests or new.errors > self._tally.sample(new.version).errors:  # then alike for both
            old = old.add_totals(self.backend.version_metrics.totals(old.version, self.since, until))
        return old, new

    def _red(self) -> list[str]:
        """Return alarms that turned red during the release; one that recovers during it counts from then on."""
        if not self.rollout.stop_alarms:
            return []
        now = set(red_alarms(self.backend.alarms, self.rollout.stop_alarms))
        self._still_red &= now
        return sorted(now - self._still_red)

    def _send(self, sent: int, due: int, *, until: float) -> int:
        """Send the probes that are due and return how many were sent; their answers are read from the log."""
        probes = self.backend.rules.smoke.probes
        while sent < due and self.clock.monotonic() < until:
            with suppress(CheckFailed):
                self.ask(probes[sent % len(probes)])
            sent += 1
        return sent


def is_worth_watching(requests: int, errors: int, enough: int, longer: float) -> bool:
    """Return whether watching `longer` times as long may lead to a verdict: a request failed, or enough may come."""
    return errors > 0 or requests * longer >= enough


def red_alarms(source: AlarmSource, names: Sequence[str]) -> tuple[str, ...]:
    """Return the alarms that are red. Raises ConfigurationInvalid for one that does not exist."""
    if not names:
        return ()
    states = {alarm.name: alarm.state for alarm in source.alarms(names)}
    for name in names:
        if name not in states:
            raise ConfigurationInvalid(
                f"stop_alarms: there is no alarm {name!r}", hint="hybridctl outputs names them: alarm_names"
            )
    return tuple(name for name in names if states[name] is AlarmState.ALARM)


def in_words(report: WatchReport) -> str:
    """Summarize the numbers in one line."""
    return f"{_sample(report.new)}; {_sample(report.old)}"


def _sample(sample: Sample) -> str:
    p95 = sample.percentile(95)
    latency = f", p95 {p95:.0f} ms" if p95 is not None else ""
    return f"v{sample.version}: {count_noun(sample.requests, 'request')}, {count_noun(sample.errors, 'error')}{latency}"
