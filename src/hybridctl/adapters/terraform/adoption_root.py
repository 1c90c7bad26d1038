"""A Terraform root with additional import blocks, beside the real one: hybridctl never writes into the user's HCL.

Terraform reads import blocks only from the root module. It therefore runs in a folder of links beside the root, in
which every relative path has the same target, with one additional file. The saved plan contains the whole configuration
and is applied from the real root.
"""

import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from hybridctl.adapters.process import is_alive
from hybridctl.domain.existing.hcl import literal
from hybridctl.files import write_failure

_FILE = "hybridctl-adopts.tf"


@contextmanager
def adopting(folder: Path, imports: Mapping[str, str]) -> Iterator[Path]:
    """Yield the folder to plan in. `imports` maps addresses to ids. Git ignores the folder; it is removed at the
    end.
    """
    for left in folder.parent.glob(f".{folder.name}.adopts-*"):
        if not is_alive(left.name.rpartition("-")[2]):
            shutil.rmtree(left, ignore_errors=True)
    shown = folder.with_name(f".{folder.name}.adopts-{os.getpid()}")
    try:
        shutil.rmtree(shown, ignore_errors=True)
        shown.mkdir(mode=0o700)
        for entry in folder.iterdir():
            if entry.name != _FILE:
                (shown / entry.name).symlink_to(entry)
        (shown / _FILE).write_text(import_blocks(imports), encoding="utf-8")
        (shown / ".gitignore").unlink(missing_ok=True)  # removes the link, not the root's own file
        (shown / ".gitignore").write_text("*\n", encoding="utf-8")
    except OSError as cause:
        shutil.rmtree(shown, ignore_errors=True)
        raise write_failure(shown, cause) from cause
    try:
        yield shown
    finally:
        shutil.rmtree(shown, ignore_errors=True)


def import_blocks(imports: Mapping[str, str]) -> str:
    """Return HCL that imports each id to its address."""
    return "".join(f"import {{\n  to = {address}\n  id = {literal(one)}\n}}\n\n" for address, one in imports.items())
