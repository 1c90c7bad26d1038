"""How releases are checked and watched, and how patient they are: the settings that no option changes."""

from dataclasses import dataclass, field

from hybridctl.domain.patience import Patience
from hybridctl.domain.smoke import SmokePlan
from hybridctl.domain.watch_rules import Rules


@dataclass(frozen=True, slots=True)
class ReleaseRules:
    smoke: SmokePlan = field(default_factory=SmokePlan)
    patience: Patience = field(default_factory=Patience)
    watch: Rules = field(default_factory=Rules)
