"""What the shell offers after a Tab."""

import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

from fakes import FakeBackend, FakeCheckout
from hybridctl.adapters.checkout import GitCheckout


def complete_line(project: Path, line: str) -> list[str]:
    """What bash would offer for the last word of `line`, asked as its completion script asks."""
    ran = subprocess.run(
        [sys.executable, "-m", "hybridctl"], cwd=project, env=ask(line), capture_output=True, text=True, check=True
    )
    return ran.stdout.split()


def ask(line: str) -> dict[str, str]:
    """What bash's completion script sets in the environment."""
    return {"COMP_WORDS": line, "COMP_CWORD": str(line.count(" ")), "_HYBRIDCTL_COMPLETE": "complete_bash"}


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("hybridctl roll", ["rollback"]),
        ("hybridctl status st", ["staging"]),
        ("hybridctl status --env pro", ["production"]),
        ("hybridctl deploy local --as pro", ["production"]),
        ("hybridctl logs staging --level w", ["warning"]),
        ("hybridctl deploy staging --strategy can", ["canary:10@5m"]),
        ("hybridctl rollback --dry", ["--dry-run"]),
        ("hybridctl logs query s", ["slowest"]),
        ("hybridctl releases pr", ["prune", "production"]),
    ],
)
def test_names_are_offered(hybridctl, monkeypatch, capsys, line, words):
    for name, value in ask(line).items():
        monkeypatch.setenv(name, value)
    with pytest.raises(SystemExit, match=r"^0$"):
        hybridctl()
    assert capsys.readouterr().out.split() == words


def test_a_process_of_its_own_offers_the_same(project):
    assert complete_line(project, "hybridctl deploy staging --strategy can") == ["canary:10@5m"]


def test_releases_are_offered_newest_first_without_asking_aws(project):
    checkout = GitCheckout(project, project / ".hybridctl", project / "terraform", {})
    checkout.remember_releases("staging", ["20260301T100000-1", "20260302T100000-2"])
    checkout.remember_releases("staging", ["20260303T100000-3"])
    assert complete_line(project, "hybridctl rollback staging --release 2026030") == [
        "20260303T100000-3",
        "20260302T100000-2",
        "20260301T100000-1",
    ]


def test_outside_a_checkout_nothing_is_offered_and_nothing_is_reported(tmp_path):
    assert complete_line(tmp_path, "hybridctl status st") == []


def test_the_completion_script_can_be_shown(project):
    ran = subprocess.run(
        [sys.executable, "-c", "from hybridctl.__main__ import main; main()", "--show-completion", "bash"],
        cwd=project,
        env={"_TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION": "1"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert "complete -o default -F _hybridctl_completion hybridctl" in ran.stdout


def test_listing_releases_teaches_their_names(hybridctl, clock):
    backend, checkout = FakeBackend.deployed(1), FakeCheckout()
    assert hybridctl("deploy", "local", "--yes", backend=backend, checkout=FakeCheckout()).code == 0
    assert hybridctl("releases", "local", backend=backend, checkout=checkout).code == 0
    assert checkout.releases["local"] == [release.id for release in backend.journal.releases()]


def test_a_terminal_shows_where_the_completion_was_installed_without_escapes(tmp_path):
    """Typer colours its line, and our streams show an escape sequence as text."""
    ours, theirs = pty.openpty()
    environ = {"HOME": str(tmp_path), "PATH": os.environ["PATH"], "TERM": "xterm"}
    line = f"{sys.executable} -m hybridctl --install-completion; true"  # the `; true` keeps bash as the parent
    subprocess.run(["bash", "-c", line], env=environ, stdout=theirs, stderr=theirs, check=True)
    os.close(theirs)
    shown = os.read(ours, 10_000).decode()
    os.close(ours)
    assert "bash completion installed in" in shown
    assert "x1b" not in shown
    assert (tmp_path / ".bash_completions" / "hybridctl.sh").exists()
