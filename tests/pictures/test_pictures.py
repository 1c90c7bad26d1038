"""What a terminal shows and what a pipe gets are the same words, at any width; only the terminal has colours."""

import html
import re
import sys
from pathlib import Path

import pytest

from pictures.scenes import SCENES, SESSION, play, record_session

ESCAPES = re.compile(r"\x1b\[[0-9;]*m")


@pytest.mark.parametrize("width", [80, 120])
@pytest.mark.parametrize("scene", SCENES, ids=[scene.name for scene in SCENES])
def test_colours_are_all_that_a_terminal_adds(scene, width):
    plain, painted = (play(scene, painted=painted, width=width) for painted in (False, True))
    assert "\x1b" not in plain
    assert "\x1b" in painted
    if "--plot" not in scene.argv:  # a chart tells its lines apart by colour, or else by their signs
        assert [line.rstrip() for line in ESCAPES.sub("", painted).splitlines()] == [
            line.rstrip() for line in plain.splitlines()
        ]


@pytest.mark.parametrize("width", [80, 120])
@pytest.mark.parametrize("scene", SCENES, ids=[scene.name for scene in SCENES])
def test_nothing_is_wider_than_the_terminal(scene, width):
    assert max(map(len, play(scene, painted=False, width=width).splitlines())) <= width


def test_the_recorded_session_goes_well_to_its_end():
    session = record_session(painted=False)
    assert session.count("$ hybridctl") == len(SESSION)
    assert "error:" not in session
    for line in ("✓ prove", "✓ verify", "healthy", "faster sessions", "live"):
        assert line in session


def text_of(picture):
    """The words of a picture, without the columns that hold them apart."""
    texts = re.findall(r"<text [^>]*>(.*?)</text>", picture.read_text(encoding="utf-8"))
    return "".join(html.unescape("".join(texts)).split())


def test_the_tutorials_pictures_show_the_commands_that_stand_above_them():
    docs = Path(__file__).parents[2] / "docs"
    sys.path.insert(0, str(docs))
    from draw_tutorial import PAGE, read_steps

    drawn = [step for step in read_steps(PAGE.read_text(encoding="utf-8")) if step.picture]
    assert len(drawn) == 6
    for step in drawn:
        shown = text_of(docs / f"pictures/{step.picture}.svg")
        assert "".join(f"${step.line}".split()) in shown, f"draw it again: make pictures ({step.picture})"
    red = next(text_of(docs / f"pictures/{step.picture}.svg") for step in drawn if "red" in step.picture)
    assert "expected201,got200" in red


@pytest.mark.parametrize("text", ["one\r\ntwo\r\n", "on\x1b[2K\rone\r\nx\x1b[1A\r\x1b[2Kone\r\n\x1b[2Ktwo\r\n"])
def test_a_line_that_was_written_over_is_not_drawn(text):
    sys.path.insert(0, str(Path(__file__).parents[2] / "docs"))
    from draw_tutorial import settle

    assert settle(text) == "one\ntwo\n"
