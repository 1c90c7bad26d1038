"""The differences between the emulator and AWS, listed in `gaps.toml` with a test each."""

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Gap:
    """One difference; `test` is a node id below `tests/sandbox`, empty for a difference that stays.

    `otherwise` is the remaining difference if the machine or the user's choice does not allow the fix.
    """

    service: str
    aws: str
    emulator: str
    sandbox: str
    test: str = ""
    otherwise: str = ""

    @property
    def remaining(self) -> str:
        """Return what the sandbox does differently from AWS; "" if nothing."""
        if self.test:
            return self.otherwise
        return re.sub(r" \(`[^`]*`\)", "", self.sandbox.replace("the same", self.emulator, 1))


@cache
def read_gaps() -> tuple[Gap, ...]:
    text = Path(__file__).with_name("gaps.toml").read_text(encoding="utf-8")
    return tuple(Gap(**row) for row in tomllib.loads(text)["gap"])
