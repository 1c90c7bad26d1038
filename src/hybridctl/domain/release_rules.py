"""How releases are tested and watched, and how long they wait: settings without command-line options."""

from dataclasses import dataclass, field

from hybridctl.domain.patience import Patience
from hybridctl.domain.smoke_plan import SmokePlan
from hybridctl.domain.watch_rules import WatchRules


@dataclass(frozen=True, slots=True)
class ReleaseRules:
    smoke: SmokePlan = field(default_factory=SmokePlan)
    patience: Patience = field(default_factory=Patience)
    watch: WatchRules = field(default_factory=WatchRules)
