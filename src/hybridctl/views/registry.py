"""All renderers, registered by importing each view once."""

from hybridctl.views import (  # noqa: F401  (importing a view registers what it renders)
    alarms,
    bootstrap,
    cost,
    doctor,
    drift,
    log_query,
    metrics,
    money,
    outputs,
    package,
    place,
    plan,
    release,
    release_difference,
    rollout,
    sandbox,
    sessions,
    smoke,
    status,
    tfstate,
    trouble,
)
from hybridctl.views.render import as_json, render

__all__ = ["as_json", "render"]
