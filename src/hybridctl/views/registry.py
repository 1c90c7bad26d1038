"""Find a result's view and import only that: views register what they render, and imports cost start-up time."""

from functools import cache
from importlib import import_module
from importlib.util import find_spec

# A view has the name of its command. It is the view with the name of the class's module, or:
_ELSEWHERE = {
    "promote.Aborted": "abort",
    "package.Package": "build",
    "configuration.Configuration": "config",
    "bill.Estimate": "cost",
    "prices.Refreshed": "cost",
    "shift.LeftRunning": "deploy",
    "alarm_history.AlarmHistory": "alarms",
    "alarm_history.AlarmTest": "alarms",
    "diagnosis.Diagnosis": "doctor",
    "scaffold.Initialized": "init",
    "query.QueryAnswer": "log_query",
    "questions.Questions": "log_query",
    "rehearsal.RehearsalKey": "sandbox",
    "rehearsal.SandboxGaps": "sandbox",
    "readings.Comparison": "metrics",
    "readings.MetricsReport": "metrics",
    "plan.CostDelta": "money",
    "changes.Changes": "plan",
    "proposal.Planned": "plan",
    "proposal.Prepared": "plan",
    "session_census.Census": "sessions",
    "release.UnreadableClaim": "state",
    "tfstate.Holders": "state",
    "tfstate.Pushed": "state",
    "tfstate.Resource": "state",
    "tfstate.Resources": "state",
    "tfstate.Restorable": "state",
    "tfstate.Restored": "state",
    "tfstate.SetAside": "state",
    "state_lock.StateLock": "state",
    "tfstate.Unlocked": "state",
    "answer.TroubleAnswer": "troubleshoot",
    "identity.WhoAmI": "whoami",
}


def import_view_of(kind: type) -> None:
    """Import the views of a class and of its base classes."""
    for one in kind.__mro__:
        if one.__module__.startswith("hybridctl.") and (name := view_of(one.__module__, one.__qualname__)):
            import_module(f"hybridctl.views.{name}")


@cache
def view_of(module: str, name: str) -> str | None:
    """Return the module in `views` for one of our classes; None if there is none with its name."""
    last = module.rpartition(".")[2]
    found = _ELSEWHERE.get(f"{last}.{name}", last)
    return found if find_spec(f"hybridctl.views.{found}") else None
