"""What a deploy would do: proposed, prepared with all that is known of it, and shown."""

from __future__ import annotations  # start-up: the cost of a plan is imported where it is calculated

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from hybridctl.domain.agreement import ConfiguredFunction
from hybridctl.domain.changes import Changes
from hybridctl.domain.code_identity import describe_other_code
from hybridctl.domain.deploy_rule import DeployRule
from hybridctl.domain.engine import Plan, PlanRequest
from hybridctl.domain.outputs import Outputs
from hybridctl.domain.package import Package
from hybridctl.domain.release import Alias, Release, Version
from hybridctl.domain.withdrawal import describe_withdrawal

if TYPE_CHECKING:
    from hybridctl.domain.cost.plan import CostDelta


@dataclass(frozen=True, slots=True)
class Proposal:
    """What to plan; `allowed` names the policy violations to waive, but `protected` waives none.

    `package` is an existing zip to use instead of a build. `bootstraps` creates the state bucket if it is missing, the
    only change that planning can make; it requires consent. `function` and `workers` are the values of hybridctl.toml,
    which the plan must match. `adopts` maps the addresses of existing objects to import, whoever owns them, to their
    ids, which may be empty. `repairs` allows corrections of the state: deleted objects that prevent the import of their
    replacements are removed, and unfinished ones that must not be replaced are kept.
    """

    plan: PlanRequest = field(default_factory=PlanRequest)
    allowed: Sequence[str] = ()
    protected: bool = False
    package: Path | None = None
    bootstraps: bool = False
    function: ConfiguredFunction | None = None
    adopts: Mapping[str, str | None] = field(default_factory=dict)
    repairs: bool = False
    workers: tuple[ConfiguredFunction, ...] = ()

    @property
    def waived(self) -> Sequence[str]:
        """The violations that are waived; in a protected environment, only that of a build that was rolled back."""
        rolled_back = DeployRule.ROLLED_BACK_BUILD.allow("")
        return [one for one in self.allowed if not self.protected or one.startswith(rolled_back)]


@dataclass(frozen=True, slots=True)
class Prepared:
    """The result of preparing a deploy; `outputs` and `alias` are None on a first deploy.

    `recorded` is False if the history does not say that the serving version is live: a release did not finish.
    `other_code` is the newest version, if Terraform has nothing to do and that version does not run the package.
    `surplus` describes duplicates that were found during the import. `withdrawal` is the release that rolled this build
    back. `lagging` are workers that do not serve their newest version, or not the package. `digest` is that of a
    reviewed plan's file. `mark` distinguishes this history from a longer one.
    """

    package: Package
    plan: Plan
    outputs: Outputs | None
    alias: Alias | None
    recorded: bool = True
    other_code: Version | None = None
    surplus: tuple[str, ...] = ()
    digest: str = ""
    withdrawal: Release | None = None
    lagging: tuple[str, ...] = ()
    mark: str = ""

    @property
    def nothing_to_do(self) -> bool:
        return (
            self.plan.changes.empty
            and self._serves_newest
            and self.recorded
            and self.other_code is None
            and not self.lagging
        )

    @property
    def notes(self) -> list[str]:
        """Notes for the reader of the plan, beside its changes."""
        found = [f"SHA-256 of the plan: {self.digest}"] if self.digest else []
        found += [*self.package.notes, *self.surplus]
        if self.other_code is not None:
            found.append(
                f"{describe_other_code(self.other_code, self.package)}: a deploy will upload the package again"
            )
        if self.withdrawal is not None and not self.nothing_to_do:
            found.append(describe_withdrawal(self.withdrawal, self.package.build))
        return found

    @property
    def moves_only(self) -> bool:
        """Terraform has nothing to do, but an alias does not serve the newest version."""
        return self.plan.changes.empty and not (self._serves_newest and not self.lagging)

    @property
    def _serves_newest(self) -> bool:
        if self.outputs is None or self.alias is None:
            return False
        return self.alias.serves_only(self.outputs.newest_version)


@dataclass(frozen=True, slots=True)
class Planned:
    """What a deploy would do: `moves_alias` if only traffic moves, `strategy` how, `file` where the plan is saved.

    `digest` is the file's SHA-256 in hex. `cost` is the change of the monthly bill.
    """

    environment: str
    build: str
    changes: Changes
    moves_alias: bool
    strategy: str | None = None
    file: str | None = None
    cost: CostDelta | None = None
    digest: str | None = None

    @classmethod
    def of(
        cls,
        environment: str,
        prepared: Prepared,
        *,
        cost: CostDelta | None,
        strategy: str | None = None,
        file: str | None = None,
        digest: str | None = None,
    ) -> Planned:
        changes = prepared.plan.changes
        return cls(environment, prepared.package.build, changes, prepared.moves_only, strategy, file, cost, digest)
