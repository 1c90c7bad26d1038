"""The engine's events, read line by line."""

import json

from hybridctl.adapters.terraform.events import Heard
from hybridctl.domain.engine import WARNING, EngineEvent


def test_events_become_progress_and_diagnostics():
    events = Heard()
    hook = {"resource": {"addr": "aws_x.y"}, "action": "create", "elapsed_seconds": 3}
    event = events.take(json.dumps({"type": "apply_progress", "@message": "aws_x.y: Still creating", "hook": hook}))
    assert event == EngineEvent("apply_progress", "aws_x.y: Still creating", "aws_x.y", "create", 3.0)
    span = {"filename": "main.tf", "start": {"line": 7}}
    events.take(json.dumps({"type": "diagnostic", "diagnostic": {"severity": "error", "summary": "No", "range": span}}))
    warning = {
        "severity": "warning",
        "summary": "Check block\nassertion failed",
        "detail": "Late.",
        "range": span,
    }
    told = events.take(json.dumps({"type": "diagnostic", "diagnostic": warning}))
    assert told == EngineEvent(WARNING, "Check block assertion failed: Late. (main.tf:7)")
    events.take("panic: runtime error")
    events.take(json.dumps({"type": "a_type_of_tomorrow"}))
    assert [str(error) for error in events.errors] == ["No (main.tf:7)"]
    assert events.noise == ["panic: runtime error"]
