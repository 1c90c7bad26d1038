"""The summary of a CI job: a file that every step adds Markdown to."""

from pathlib import Path

LIMIT = 1024 * 1024  # bytes of one step; GitHub shows none of a longer one


class JobSummary:
    """Adds to the file that GITHUB_STEP_SUMMARY names; one that cannot be written is given up."""

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
