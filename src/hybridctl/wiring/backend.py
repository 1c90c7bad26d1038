"""The adapters of one environment."""

from hybridctl.wiring.insight import InsightPorts
from hybridctl.wiring.release import ReleasePorts, ResourcePorts
from hybridctl.wiring.terraform import TerraformPorts


class RealBackend(TerraformPorts, ReleasePorts, ResourcePorts, InsightPorts):
    """One environment on AWS or the sandbox; each port is created on first use."""
