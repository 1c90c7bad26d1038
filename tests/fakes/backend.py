import hashlib
import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from fakes.checkout import ENGINE
from fakes.functions import BUILD, FakeFunctions, FakeHandler, FakeProbe
from fakes.journal import FakeJournal
from fakes.metrics import FakeMetricSource
from fakes.sessions import FakeSessions
from fakes.settings import FakeCaller, FakeFunctionSettings, FakeHttpApis, FakeLogGroups, FakeTables, FakeTopics
from fakes.traffic import FakeAlarms, FakeTraffic
from hybridctl.domain.adoption import Existing, Wanted
from hybridctl.domain.capacity import Scaled
from hybridctl.domain.changes import read_changes
from hybridctl.domain.engine import WARNING, Engine, EngineEvent, Plan, PlanRequest
from hybridctl.domain.environment import Environment, Place
from hybridctl.domain.foundation import BucketPart, Foundation
from hybridctl.domain.iam.ci_role import CiAccessPlan, CiPart, Missing
from hybridctl.domain.iam.policy import Document
from hybridctl.domain.logs.group import LogKind
from hybridctl.domain.outputs import Outputs
from hybridctl.domain.package import Package, Scratch, sha256_of
from hybridctl.domain.patience import Patience
from hybridctl.domain.release import Alias, Release
from hybridctl.domain.release_rules import ReleaseRules
from hybridctl.domain.reviewed_plan import ReviewedPlan
from hybridctl.domain.samples import Totals
from hybridctl.domain.smoke_plan import SmokePlan
from hybridctl.domain.state_lock import StateLock
from hybridctl.domain.stored_state import StateKind, StatePosition, StoredState
from hybridctl.domain.tfstate import Resources
from hybridctl.domain.watch_rules import WatchRules
from hybridctl.domain.worker import Worker
from hybridctl.errors import BuildFailed, ConfigurationInvalid, HybridctlError, StateUnreadable, UsageInvalid
from hybridctl.ports.terraform import Heard

NO_CHANGES: Mapping[str, Any] = {"resource_changes": []}


def update(address: str, kind: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, Any]:
    change = {"actions": ["update"], "before": before, "after": after}
    return {"address": address, "type": kind, "mode": "managed", "change": change}


NEW_CODE: Mapping[str, Any] = {
    "resource_changes": [
        update(
            "module.function.aws_lambda_function.this",
            "aws_lambda_function",
            {"source_code_hash": "old"},
            {"source_code_hash": "new"},
        )
    ]
}


@dataclass
class FakeArtifacts:
    fresh: bool = False
    build_id: str = BUILD
    files: dict[str, bytes] = field(default_factory=dict)
    zips: list[bytes] = field(default_factory=list)
    zip: bytes = b"zip"

    def build(self) -> Package:
        sha256 = sha256_of(self.zip)
        path, checked = Path("terraform/lambda_function.zip"), "Python 3.13.0"
        return Package(path, self.build_id, sha256, 48_000, 160_000, 14, self.fresh, checked_by=checked)

    def restore(self, content: bytes) -> Package:
        self.zip = content
        return replace(self.build(), fresh=False)

    def take(self, path: Path) -> Package:
        if not path.exists():
            raise BuildFailed(f"reading the package {path}: No such file or directory")
        return self.restore(path.read_bytes())

    def members(self) -> Mapping[str, bytes]:
        return self.files

    def content(self) -> bytes:
        return self.zip

    def scratch(self) -> Scratch:
        return Scratch(self.files, self.zips.pop(0) if self.zips else b"zip")


@dataclass
class FakePlanFiles:
    """Plan files in memory; a missing one raises what the real one raises."""

    kept: dict[Path, ReviewedPlan] = field(default_factory=dict)

    def write(self, path: Path, plan: ReviewedPlan) -> str:
        self.kept[path] = replace(plan, digest=hashlib.sha256(plan.plan).hexdigest())
        return self.kept[path].digest

    def read(self, path: Path) -> ReviewedPlan:
        if path not in self.kept:
            raise ConfigurationInvalid(f"reading the plan {path}: No such file or directory")
        return self.kept[path]


@dataclass
class FakeScaling:
    found: list[Scaled] = field(default_factory=list)

    def list_scaled(self, tables: Sequence[str]) -> Sequence[Scaled]:
        return [one for one in self.found if one.table in tables]


@dataclass
class FakeStateBucket:
    missing: set[BucketPart] = field(default_factory=set)

    def exists(self) -> bool:
        return BucketPart.BUCKET not in self.missing

    def look(self) -> Foundation:
        return Foundation("hybrid-ci-cd-tfstate", tuple(part for part in BucketPart if part in self.missing))

    def make(self, part: BucketPart) -> None:
        self.missing.remove(part)

    def complete(self) -> tuple[BucketPart, ...]:
        made = self.look().missing
        self.missing.clear()
        return made


@dataclass
class FakeCiAccess:
    """CI's access: everything that is not in `made` is missing; `edited` is what someone has changed since, by role."""

    made: set[tuple[CiPart, str]] = field(default_factory=set)
    edited: dict[str, Document] = field(default_factory=dict)

    def look(self, wanted: CiAccessPlan) -> tuple[Missing, ...]:
        parts = [Missing(CiPart.PROVIDER), Missing(CiPart.BOUNDARY)]
        parts += [Missing(part, role.name) for role in wanted.roles for part in (CiPart.ROLE, CiPart.PERMISSIONS)]
        changed = [Missing(CiPart.TRUST, role, found) for role, found in self.edited.items()]
        return (*(one for one in parts if (one.part, one.role) not in self.made), *changed)

    def make(self, missing: Missing, wanted: CiAccessPlan) -> None:
        if missing.part is CiPart.TRUST:
            self.edited.pop(missing.role, None)
        self.made.add((missing.part, missing.role))


@dataclass
class FakeGitHub:
    """A repository that sends the older subject, unless `customization` says otherwise; None cannot be asked."""

    customization: Mapping[str, Any] | None = field(
        default_factory=lambda: {"use_default": True, "use_immutable_subject": False}
    )

    def repository(self, path: str) -> Mapping[str, Any]:
        if self.customization is None:
            raise UsageInvalid(f"reading /repos/{path} from GitHub: no token", hint="--ci OWNER@OWNER_ID/REPO@REPO_ID")
        return {"full_name": path, "id": 2, "owner": {"id": 1}, "default_branch": "main", "created_at": "2024-01-01"}

    def subject_customization(self, path: str) -> Mapping[str, Any]:
        assert self.customization is not None
        return self.customization

    def organization_customization(self, owner: str) -> Mapping[str, Any]:
        return {}


@dataclass
class FakeLeftovers:
    """What exists already, by the address that a plan wants to create it at; also how often was looked."""

    there: dict[str, tuple[str, Mapping[str, str] | None]] = field(default_factory=dict)
    looked: int = 0

    def find(self, wanted: Sequence[Wanted]) -> Sequence[Existing]:
        self.looked += 1
        known = [(one, *self.there[one.address]) for one in wanted if one.address in self.there]
        return [Existing(one, identity, tags, f"aws delete {identity}") for one, identity, tags in known]


@dataclass
class FakeState:
    values: dict[str, Any] | None = None
    sensitive: frozenset[str] = frozenset()
    made: bool = False
    locked: StateLock | None = None
    serial: int = 7
    held: Resources | None = None
    engine: str | None = "1.11.4"
    stored: StoredState | None = None
    removed: list[StateLock] = field(default_factory=list)
    before: StoredState | None = None

    def note_written(self) -> None:
        pass

    def earlier(self) -> StoredState | None:
        return self.before

    def restore(self, earlier: StoredState) -> None:
        self.stored = earlier

    def look(self) -> StoredState:
        """The configured value, otherwise that of the outputs."""
        if self.stored is not None:
            return self.stored
        kind = StateKind.OK if self.values else StateKind.ABSENT
        return StoredState(kind, serial=self.serial, engine=self.engine, resources=35 if self.values else 0)

    def remove_lock(self, lock: StateLock) -> None:
        self.removed.append(lock)
        self.locked = None

    def _must_be_readable(self) -> None:
        if not self.look().kind.is_readable:
            raise StateUnreadable(f"the state s3://b/k cannot be used: {self.look().why}", hint="hybridctl doctor")

    def position(self) -> StatePosition | None:
        self._must_be_readable()
        return StatePosition("lineage", self.serial) if self.values else None

    def read(self) -> tuple[Outputs | None, StatePosition | None]:
        return self.outputs(), self.position()

    def lock(self) -> StateLock | None:
        return self.locked

    def read_resources(self) -> Resources | None:
        return self.held or (Resources(()) if self.values else None)

    def outputs(self) -> Outputs | None:
        self._must_be_readable()
        return Outputs(self.values, self.sensitive) if self.values and self.look().kind is StateKind.OK else None


@dataclass
class FakeTerraform:
    """Plans what it was given; applying it publishes `publishes` as a new version."""

    functions: FakeFunctions
    state: FakeState
    planned: Mapping[str, Any] = field(default_factory=lambda: NO_CHANGES)
    publishes: FakeHandler | None = None
    fails: HybridctlError | None = None
    requests: list[PlanRequest] = field(default_factory=list)
    applied: int = 0
    open_plans: int = 0
    locked_providers: bytes | None = None
    held: Resources = field(default_factory=lambda: Resources(()))
    unlocked: list[str] = field(default_factory=list)
    untainted: list[str] = field(default_factory=list)
    warns: str = ""
    warns_after: str = ""
    errored: Path | None = None
    dead: list[str] = field(default_factory=list)
    init_fails: HybridctlError | None = None
    in_state: set[str] = field(default_factory=set)  # to which nothing is imported, gone or not

    def is_dead(self, lock: StateLock) -> bool:
        return lock.id in self.dead

    def engine(self) -> Engine:
        return ENGINE

    def init(self, heard: Heard) -> StateLock | None:
        if self.init_fails:
            raise self.init_fails
        heard(EngineEvent("init", "initialising"))
        return None

    def plan(self, request: PlanRequest, heard: Heard) -> Plan:
        self.requests.append(request)
        self.open_plans += 1
        if self.warns:
            heard(EngineEvent(WARNING, self.warns))
        imports = {address: one for address, one in request.imports.items() if address not in self.in_state}
        content = import_into(self.planned, imports)
        return Plan(Path("local.tfplan"), content, read_changes(content))

    def apply(self, plan: Plan, heard: Heard) -> None:
        if self.fails:
            raise self.fails
        self.applied += 1
        self.state.serial += 1
        for warning in filter(None, (self.warns, self.warns_after)):
            heard(EngineEvent(WARNING, warning))
        for change in plan.changes.resources:
            heard(EngineEvent("apply_complete", f"{change.address}: done", change.address))
        if self.publishes:
            version = self.publishes.version
            self.functions.handlers[version] = self.publishes
            self.state.values = outputs(version)
            if self.functions.alias is None:
                self.functions.alias = Alias("live", version, "r0")

    def read_saved(self, plan: Plan) -> bytes:
        return json.dumps(plan.content).encode()

    def read(self, saved: bytes) -> Plan:
        self.open_plans += 1
        content = json.loads(saved)
        return Plan(Path("local.tfplan"), content, read_changes(content))

    def locks(self) -> bytes | None:
        return self.locked_providers

    def use_locks(self, content: bytes) -> None:
        self.locked_providers = content

    def discard(self, plan: Plan) -> None:
        self.open_plans -= 1

    def resources(self) -> Resources:
        return self.held

    def find_errored_state(self) -> Path | None:
        return self.errored

    def forget(self, addresses: Sequence[str]) -> None:
        self.in_state -= set(addresses)

    def untaint(self, addresses: Sequence[str]) -> None:
        self.untainted += addresses
        self.planned = without_taint(self.planned, addresses)

    def unlock(self, lock: str) -> None:
        self.unlocked.append(lock)

    def push_errored(self) -> None:
        self.errored = None

    def set_errored_aside(self) -> Path:
        self.errored = None
        return Path(".hybridctl/terraform/local-errored-20260301T120000.tfstate")


def without_taint(plan: Mapping[str, Any], addresses: Sequence[str]) -> Mapping[str, Any]:
    """The plan as Terraform makes it once these are no longer tainted: they are updated in place."""
    return {
        "resource_changes": [
            raw | {"action_reason": "", "change": raw["change"] | {"actions": ["update"]}}
            if raw["address"] in addresses
            else raw
            for raw in plan.get("resource_changes", ())
        ]
    }


def import_into(plan: Mapping[str, Any], imports: Mapping[str, str]) -> Mapping[str, Any]:
    """The plan as Terraform makes it with import blocks: what was to be created is there."""
    changes = []
    for raw in plan.get("resource_changes", ()):
        identity = imports.get(raw["address"])
        taken = {"actions": ["no-op"], "importing": {"id": identity}} if identity else {}
        changes.append(raw | {"change": raw["change"] | taken})
    return {**plan, "resource_changes": changes}


def outputs(version: int) -> dict[str, Any]:
    return {
        "alarm_names": ["hybrid-ci-cd-errors-local", "hybrid-ci-cd-slow-local"],
        "api_access_log_group": "/aws/vendedlogs/apigateway/hybrid-ci-cd-local",
        "api_endpoint": "http://127.0.0.1:4566/_aws/execute-api/abc/local",
        "api_id": "abc",
        "api_stage": "local",
        "composite_alarm_name": "hybrid-ci-cd-degraded-local",
        "dynamodb_agents_table": "hybrid-ci-cd-agents-local",
        "dynamodb_jobs_table": "hybrid-ci-cd-jobs-local",
        "dynamodb_sessions_table": "hybrid-ci-cd-sessions-local",
        "lambda_alias_name": "live",
        "lambda_function_name": "hybrid-ci-cd-local",
        "lambda_function_version": str(version),
        "lambda_log_group": "/aws/lambda/hybrid-ci-cd-local",
    }


@dataclass
class FakeNotifier:
    told: list[Release] = field(default_factory=list)

    def tell(self, release: Release) -> None:
        self.told.append(release)


@dataclass
class FakeCounts:
    """What AWS/Lambda counts of each version, whenever it is asked."""

    of: dict[int, Totals] = field(default_factory=dict)

    def totals(self, version: int, since: datetime, until: datetime) -> Totals:
        return self.of.get(version, Totals())


@dataclass
class FakeWorkers:
    """Workers by name, in the order in which they were added, and the functions of each."""

    listed: list[Worker] = field(default_factory=list)
    of: dict[str, FakeFunctions] = field(default_factory=dict)
    logs: dict[str, Any] = field(default_factory=dict)
    counted: dict[str, FakeCounts] = field(default_factory=dict)

    def version_metrics(self, worker: str) -> FakeCounts:
        return self.counted.get(worker, FakeCounts())

    def list_declared(self) -> Sequence[Worker]:
        return self.listed

    def full_name(self, worker: str) -> str:
        return f"hybrid-ci-cd-{worker}-local"

    def functions(self, worker: str) -> FakeFunctions:
        return self.of[worker]


@dataclass
class FakeBackend:
    """One environment; `deployed` makes it serve that version."""

    functions: FakeFunctions = field(default_factory=FakeFunctions)
    state: FakeState = field(default_factory=FakeState)
    artifacts: FakeArtifacts = field(default_factory=FakeArtifacts)
    plan_files: FakePlanFiles = field(default_factory=FakePlanFiles)
    foundation: FakeStateBucket = field(default_factory=FakeStateBucket)
    leftovers: FakeLeftovers = field(default_factory=FakeLeftovers)
    ci_access: FakeCiAccess = field(default_factory=FakeCiAccess)
    github: FakeGitHub = field(default_factory=FakeGitHub)
    scaling: FakeScaling = field(default_factory=FakeScaling)
    caller: FakeCaller = field(default_factory=FakeCaller)
    tables: FakeTables = field(default_factory=FakeTables)
    function_settings: FakeFunctionSettings = field(default_factory=FakeFunctionSettings)
    http_apis: FakeHttpApis = field(default_factory=FakeHttpApis)
    log_groups: FakeLogGroups = field(default_factory=FakeLogGroups)
    topics: FakeTopics = field(default_factory=FakeTopics)
    journal: FakeJournal = field(default_factory=FakeJournal)
    alarms: FakeAlarms = field(default_factory=FakeAlarms)
    metrics: FakeMetricSource = field(default_factory=FakeMetricSource)
    sessions: FakeSessions = field(default_factory=FakeSessions)
    notifier: FakeNotifier = field(default_factory=FakeNotifier)
    smoke_plan: SmokePlan = field(default_factory=SmokePlan)
    patience: Patience = field(default_factory=Patience)
    watch_rules: WatchRules = field(default_factory=WatchRules)
    workers: FakeWorkers = field(default_factory=FakeWorkers)
    place: Place = field(default_factory=lambda: Place("local", "000000000000", "us-east-1", "http://127.0.0.1:4566"))

    def __post_init__(self) -> None:
        self.terraform = FakeTerraform(self.functions, self.state)
        self.probe = FakeProbe(self.functions)
        self.logs = self.version_metrics = FakeTraffic(self.functions, rate=20.0)

    @property
    def rules(self) -> ReleaseRules:
        return ReleaseRules(self.smoke_plan, self.patience, self.watch_rules)

    def log(self, kind: LogKind, *, worker: str = "") -> Any:
        if worker:
            return self.workers.logs[worker]
        return self.access_logs if kind is LogKind.ACCESS else self.logs

    def queries_of(self, kind: LogKind) -> Any:
        return self.access_log_queries if kind is LogKind.ACCESS else self.log_queries

    def tail_of(self, kinds: Collection[LogKind]) -> Any:
        return self.live_tail_of_both if LogKind.ACCESS in kinds else self.live_tail

    @classmethod
    def deployed(cls, *versions: int, live: int | None = None) -> "FakeBackend":
        made = cls()
        made.functions.handlers = {version: FakeHandler(version) for version in versions}
        made.functions.alias = Alias("live", live or versions[-1], "r0")
        made.state.values = outputs(versions[-1])
        return made

    def enter(self, environment: Environment) -> "FakeBackend":
        endpoint = self.place.endpoint if environment.sandbox else None
        self.place = replace(self.place, environment=environment.name, endpoint=endpoint)
        return self
