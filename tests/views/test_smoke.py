"""What the view of a smoke report says once, and what it says per check."""

from rich.console import Console

from hybridctl.domain.smoke import Check, SmokeReport
from hybridctl.views.render import render


def show(*details: str) -> str:
    checks = tuple(Check(f"check {number}", False, 1.0, detail) for number, detail in enumerate(details))
    console = Console(width=80)
    with console.capture() as shown:
        console.print(render(SmokeReport("version 1", checks, version="1", build="abc")))
    return shown.get()


def test_a_reason_that_all_failures_share_stands_once():
    shown = show("no answer", "no answer")
    assert shown.count("no answer") == 1
    assert "all 2: no answer" in shown


def test_reasons_that_differ_stand_with_their_checks():
    shown = show("no answer", "expected 200, got 500")
    assert "all 2" not in shown
    assert "expected 200, got 500" in shown


def test_a_check_that_was_not_sent_has_no_reason_in_common():
    shown = show("no answer", "no answer", "skipped: no session")
    assert "all 2: no answer" in shown
    assert shown.count("skipped: no session") == 1
