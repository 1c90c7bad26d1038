"""The adapters of one environment."""

from hybridctl.wiring.release import ReleasePorts, ResourcePorts
from hybridctl.wiring.terraform import TerraformPorts


class RealBackend(TerraformPorts, ReleasePorts, ResourcePorts):
    """One environment on AWS or the sandbox; each port is created on first use."""
