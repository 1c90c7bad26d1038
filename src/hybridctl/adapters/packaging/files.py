"""Files of the build that everybody may read."""

from pathlib import Path

from hybridctl.files import write_file


def write_whole(path: Path, content: bytes) -> None:
    """Put the content at `path` at once, also while others read or write it; FileUnwritable leaves it as it was."""
    write_file(path, content, mode=0o644)
