"""The summary of a CI job: a file to which every step appends Markdown."""

from pathlib import Path

LIMIT = 1024 * 1024  # bytes per step; GitHub does not show a longer summary


class JobSummary:
    """Appends to the file in GITHUB_STEP_SUMMARY. After a failed write nothing more is written."""

    def __init__(self, path: Path) -> None:
        self._path: Path | None = path

    def write(self, markdown: str) -> None:
        if self._path is None:
            return
        try:
            with self._path.open("ab") as file:
                content = markdown.encode("utf-8", "replace")
                if file.tell() + len(content) <= LIMIT:
                    file.write(content)
        except (OSError, ValueError):
            self._path = None
