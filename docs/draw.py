"""Pictures of a terminal as SVG, one for each scene of tests/pictures/scenes.py; `make docs` writes them."""

import io
import re
import sys
from pathlib import Path

from rich.console import Console
from rich.text import Text

FOLDER = Path(__file__).parent / "pictures"
sys.path.insert(0, str(FOLDER.parents[1] / "tests"))

# The picture is whole in itself: no font is fetched from anywhere, the reader's own monospaced font is used.
_FONT_FACES = re.compile(r"\s*@font-face \{\{.*?\}\}\n", re.DOTALL)


def pictures() -> dict[Path, str]:
    """Every picture and its SVG."""
    from pictures.scenes import SCENES, SESSION_WIDTH, play, record_session

    session = drawn(record_session(painted=True), "hybridctl", SESSION_WIDTH, "session")
    return {FOLDER / "session.svg": session} | {
        FOLDER / f"{scene.name}.svg": drawn(play(scene, painted=True), scene.title, scene.width, scene.name)
        for scene in SCENES
    }


def drawn(text: str, title: str, width: int, name: str) -> str:
    """A window with this title and what a terminal shows of `text`, its colours included."""
    from rich._export_format import CONSOLE_SVG_FORMAT

    console = Console(
        record=True, width=width, file=io.StringIO(), force_terminal=True, legacy_windows=False, _environ={}
    )
    console.print(Text.from_ansi(text), end="")
    form = _FONT_FACES.sub("\n", CONSOLE_SVG_FORMAT)
    return console.export_svg(title=title, code_format=form, unique_id=name) + "\n"
