"""Writes `docs/sandbox-parity.md` from the rows of `gaps.py`."""

from collections.abc import Iterator

from hybridctl.sandbox.cloud import emulator
from hybridctl.sandbox.cloud.gaps import GAPS


def markdown() -> str:
    """Return the page: a table of the differences that the sandbox removes, and one of those that remain."""
    return "\n".join(_lines()) + "\n"


def _lines() -> Iterator[str]:
    yield "# The sandbox and AWS"
    yield ""
    yield "`make docs` writes this page from `src/hybridctl/sandbox/cloud/gaps.py`; a test compares them. The emulator"
    yield f"is MiniStack {emulator.TESTED}. When a new version changes a function that the sandbox replaces,"
    yield "the sandbox does not start and names that function."
    yield ""
    yield "## Fixed"
    yield ""
    yield "| service | AWS | the emulator alone | the sandbox | test below `tests/sandbox` |"
    yield "| --- | --- | --- | --- | --- |"
    for gap in GAPS:
        if gap.test:
            yield f"| {gap.service} | {gap.aws} | {gap.emulator} | {gap.sandbox} | `{gap.test}` |"
    yield ""
    yield "## Still different"
    yield ""
    yield "| service | AWS | the emulator alone | the sandbox |"
    yield "| --- | --- | --- | --- |"
    for gap in GAPS:
        if not gap.test:
            yield f"| {gap.service} | {gap.aws} | {gap.emulator} | {gap.sandbox} |"
