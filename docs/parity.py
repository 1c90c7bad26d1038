"""Writes `docs/sandbox-parity.md` from the rows of `gaps.toml`."""

from collections.abc import Iterator

from hybridctl.sandbox.cloud import emulator
from hybridctl.sandbox.cloud.gaps import read_gaps
from hybridctl.sandbox.provider import registry


def markdown() -> str:
    """Return the page: a table of the differences that the sandbox removes, and one of those that remain."""
    return "\n".join(_lines()) + "\n"


def _lines() -> Iterator[str]:
    yield "# The sandbox and AWS"
    yield ""
    yield "`make docs` writes this page from `src/hybridctl/sandbox/cloud/gaps.toml`; a test compares them."
    yield ""
    yield f"The emulator is MiniStack {emulator.TESTED}. When a new version changes a function that the sandbox"
    yield "replaces, the sandbox does not start and names that function."
    yield ""
    yield "## Fixed"
    yield ""
    yield "| service | AWS | the emulator alone | the sandbox | test below `tests/sandbox` |"
    yield "| --- | --- | --- | --- | --- |"
    for gap in read_gaps():
        if gap.test:
            yield f"| {gap.service} | {gap.aws} | {gap.emulator} | {gap.sandbox} | `{gap.test}` |"
    yield ""
    yield "## Still different"
    yield ""
    yield "| service | AWS | the emulator alone | the sandbox |"
    yield "| --- | --- | --- | --- |"
    for gap in read_gaps():
        if not gap.test:
            yield f"| {gap.service} | {gap.aws} | {gap.emulator} | {gap.sandbox} |"
    yield ""
    yield "## Terraform"
    yield ""
    yield "The sandbox stands in for hashicorp/aws with a provider of its own, so that a rehearsal downloads nothing."
    yield "It has these resource types, and refuses another one by its name, as it does an argument that it lacks:"
    yield ""
    yield from (f"- `{name}`" for name in sorted(registry.resources()))
    yield ""
    yield "and these data sources:"
    yield ""
    yield from (f"- `{name}`" for name in sorted(registry.data_sources()))
    yield ""
    yield "`--provider hashicorp` (or `HYBRIDCTL_PROVIDER=hashicorp`) runs the real provider against the same sandbox."
