"""Finds the view of a result and imports it alone: views register what they render, and imports are start-up time."""

import pkgutil
from functools import cache
from importlib import import_module
from importlib.util import find_spec

import hybridctl.views

# The view of a class is the one named as the class's own module, `releases` for what operations/releases.py has, or:
_ELSEWHERE = {
    "build.Explained": "package",
    "build.Verified": "package",
    "destroy.Destroyed": "plan",
    "destroy.Losses": "plan",
    "promote.Aborted": "rollout",
    "promote.Pending": "rollout",
    "promote.Promoted": "rollout",
    "releases.Prune": "release_difference",
    "releases.ReleaseDifference": "release_difference",
    "shift.LeftRunning": "rollout",
    "answer.Answer": "trouble",
    "bill.Estimate": "cost",
    "changes.Changes": "plan",
    "diagnosis.Diagnosis": "doctor",
    "guide.Checked": "cost",
    "plan.CostDelta": "money",
    "prices.Refreshed": "cost",
    "query.QueryAnswer": "log_query",
    "query.Questions": "log_query",
    "readings.Comparison": "metrics",
    "readings.MetricsReport": "metrics",
    "release.UnreadableClaim": "tfstate",
    "session_census.Census": "sessions",
    "watch.WatchReport": "rollout",
}


def import_view_of(kind: type) -> None:
    """Import the view of a class, and those of the classes that it is one of."""
    for one in kind.__mro__:
        if one.__module__.startswith("hybridctl.") and (name := view_of(one.__module__, one.__qualname__)):
            import_module(f"hybridctl.views.{name}")


@cache
def view_of(module: str, name: str) -> str | None:
    """The module in `views` that shows this class of ours; None where there is none of its name."""
    last = module.rpartition(".")[2]
    found = _ELSEWHERE.get(f"{last}.{name}", last)
    return found if find_spec(f"hybridctl.views.{found}") else None


@cache
def import_all() -> None:
    for module in pkgutil.iter_modules(hybridctl.views.__path__):
        import_module(f"hybridctl.views.{module.name}")
