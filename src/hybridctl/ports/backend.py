"""All ports of one environment, which commands open and pass to operations."""

from typing import Protocol

from hybridctl.ports.insight import (
    HasAlarms,
    HasLiveTail,
    HasLogQueries,
    HasLogs,
    HasMetrics,
    HasVersionMetrics,
)
from hybridctl.ports.machine import HasArtifacts
from hybridctl.ports.release import (
    HasFunctions,
    HasJournal,
    HasNotifier,
    HasPlace,
    HasProbe,
    HasRules,
    HasWorkers,
)
from hybridctl.ports.resources import (
    HasCaller,
    HasFunctionSettings,
    HasHttpApis,
    HasLogGroups,
    HasScaling,
    HasTables,
    HasTopics,
)
from hybridctl.ports.sessions import HasSessions
from hybridctl.ports.terraform import (
    HasCiAccess,
    HasFoundation,
    HasLeftovers,
    HasState,
    HasTerraform,
)


class Backend(
    HasWorkers,
    HasArtifacts,
    HasTerraform,
    HasLeftovers,
    HasState,
    HasFoundation,
    HasCiAccess,
    HasFunctions,
    HasProbe,
    HasJournal,
    HasNotifier,
    HasPlace,
    HasRules,
    HasCaller,
    HasFunctionSettings,
    HasTables,
    HasHttpApis,
    HasLogGroups,
    HasTopics,
    HasScaling,
    HasVersionMetrics,
    HasMetrics,
    HasAlarms,
    HasLogs,
    HasLogQueries,
    HasLiveTail,
    HasSessions,
    Protocol,
):
    """One environment; each part is opened on first use. Only commands and their context use this type."""
