"""Build files that everybody may read."""

from pathlib import Path

from hybridctl.files import write_file


def write_whole(path: Path, content: bytes) -> None:
    """Write the content to `path` atomically, safe with concurrent readers and writers. Raises FileUnwritable and
    leaves the file unchanged.
    """
    write_file(path, content, mode=0o644)
