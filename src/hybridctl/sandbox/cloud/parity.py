"""Where the emulator differs from AWS, what the wrapper does about it, and the test that would tell of a change.

The one source of `docs/sandbox-parity.md` is `gaps.py`; a test holds page, rows and tests together.
"""

from collections.abc import Iterator

from hybridctl.sandbox.cloud import emulator
from hybridctl.sandbox.cloud.gaps import GAPS


def markdown() -> str:
    """The page, a table of what is mended and one of what is left."""
    return "\n".join(_lines()) + "\n"


def _lines() -> Iterator[str]:
    yield "# The sandbox and AWS"
    yield ""
    yield "Made from `src/hybridctl/sandbox/cloud/gaps.py`; a test compares the two. The emulator is MiniStack"
    yield f"{emulator.TESTED}. When an upgrade of it moves something that is leaned on, the sandbox does not start and"
    yield "says what."
    yield ""
    yield "## Mended"
    yield ""
    yield "| service | AWS | the emulator alone | the sandbox | test below `tests/sandbox` |"
    yield "| --- | --- | --- | --- | --- |"
    for gap in GAPS:
        if gap.test:
            yield f"| {gap.service} | {gap.aws} | {gap.emulator} | {gap.sandbox} | `{gap.test}` |"
    yield ""
    yield "## Left as it is"
    yield ""
    yield "| service | AWS | the emulator alone | the sandbox |"
    yield "| --- | --- | --- | --- |"
    for gap in GAPS:
        if not gap.test:
            yield f"| {gap.service} | {gap.aws} | {gap.emulator} | {gap.sandbox} |"
