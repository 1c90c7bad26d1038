"""What a terminal shows and what a pipe gets are the same words, at any width; only the terminal has colours."""

import re

import pytest

from pictures.scenes import SCENES, SESSION, played, recorded

ESCAPES = re.compile(r"\x1b\[[0-9;]*m")


@pytest.mark.parametrize("width", [80, 120])
@pytest.mark.parametrize("scene", SCENES, ids=[scene.name for scene in SCENES])
def test_colours_are_all_that_a_terminal_adds(scene, width):
    plain, painted = (played(scene, painted=painted, width=width) for painted in (False, True))
    assert "\x1b" not in plain
    assert "\x1b" in painted
    if "--plot" not in scene.argv:  # a chart tells its lines apart by colour, or else by their signs
        assert [line.rstrip() for line in ESCAPES.sub("", painted).splitlines()] == [
            line.rstrip() for line in plain.splitlines()
        ]


@pytest.mark.parametrize("width", [80, 120])
@pytest.mark.parametrize("scene", SCENES, ids=[scene.name for scene in SCENES])
def test_nothing_is_wider_than_the_terminal(scene, width):
    assert max(map(len, played(scene, painted=False, width=width).splitlines())) <= width


def test_the_recorded_session_goes_well_to_its_end():
    said = recorded(painted=False)
    assert said.count("$ hybridctl") == len(SESSION)
    assert "error:" not in said
    for line in ("✓ prove", "✓ verify", "healthy", "faster sessions", "live"):
        assert line in said
