"""An output without rich's console answers as the console would."""

import io
import re
import subprocess
import sys
from pathlib import Path

import pytest

import hybridctl.views
from hybridctl.views.console import open_console
from hybridctl.views.printer import Printer

VIEWS = Path(hybridctl.views.__path__[0])


class Tty(io.StringIO):
    def isatty(self):
        return True


@pytest.mark.parametrize(
    "environ",
    [
        {},
        {"FORCE_COLOR": "1"},
        {"FORCE_COLOR": ""},
        {"TTY_COMPATIBLE": "1"},
        {"TTY_COMPATIBLE": "0"},
        {"TTY_COMPATIBLE": "0", "FORCE_COLOR": "1"},
        {"NO_COLOR": "1"},
        {"TERM": "dumb"},
    ],
    ids=str,
)
@pytest.mark.parametrize("file", [Tty, io.StringIO])
def test_an_output_is_a_terminal_where_rich_says_so(monkeypatch, file, environ):
    for name in ("FORCE_COLOR", "TTY_COMPATIBLE", "NO_COLOR", "TERM"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    printer, console = Printer(file(), environ), open_console(file(), environ)
    assert printer.is_terminal is console.is_terminal
    assert printer.is_painted is (console.is_terminal and not console.no_color)
    assert printer.encoding == console.encoding


def test_whoever_imports_rich_gets_the_text_filter_with_it():
    users = [path.stem for path in sorted(VIEWS.glob("*.py")) if re.search("^from rich", path.read_text(), re.M)]
    assert len(users) > 30
    program = f"""
import importlib, sys
import rich.text
original = rich.text.strip_control_codes
for name in {users}:
    for held in [held for held in sys.modules if held.startswith("hybridctl.")]:
        del sys.modules[held]
    rich.text.strip_control_codes = original
    importlib.import_module(f"hybridctl.views.{{name}}")
    if rich.text.strip_control_codes is original:
        print(name)
"""
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert ran.stdout.split() == []
