"""What the build adds: the template `sessions`, from its one place, and links that lead to the repository."""

import os
import re
import sys
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface
from hatchling.metadata.plugin.interface import MetadataHookInterface

REPOSITORY = "HYBRIDCTL_REPOSITORY_URL"  # the address of the repository, which the release workflow knows
_LINK = re.compile(r"(!?)\[([^]]*)\]\((?![a-z]+:|#)([^)\s]+)\)")


class PackTemplates(BuildHookInterface[Any]):
    """An editable installation reads the checkout instead."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        if version == "editable":
            return
        root = Path(self.root)
        sys.path.insert(0, str(root / "src"))
        from hybridctl.adapters.templates import SESSIONS, template_files

        self._links = tempfile.TemporaryDirectory()

        for name in SESSIONS:
            source = root / name
            for path in template_files(source) if source.is_dir() else [source]:
                target = f"hybridctl/templates/sessions/{path.relative_to(root)}"
                build_data["force_include"][str(self._as_text(path) if path.is_symlink() else path)] = target

    def _as_text(self, link: Path) -> Path:
        """A file that stands for the link, as `hybridctl.adapters.templates` reads it: a wheel holds no links."""
        file = Path(self._links.name) / str(len(os.listdir(self._links.name)))
        file.write_text(os.readlink(link), encoding="utf-8")
        return file

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:
        if version != "editable":
            self._links.cleanup()


class LinkToRepository(MetadataHookInterface):
    """A package index shows the README without the files beside it."""

    def update(self, metadata: dict[str, Any]) -> None:
        url = os.environ.get(REPOSITORY, "").rstrip("/")
        text = (Path(self.root) / "README.md").read_text(encoding="utf-8")
        shown = with_links(text, url, f"v{metadata['version']}")
        metadata["readme"] = {"content-type": "text/markdown", "text": shown}
        metadata["urls"] = urls(url) if url else {}


def urls(repository: str) -> dict[str, str]:
    return {
        "Repository": repository,
        "Documentation": f"{repository}/tree/HEAD/docs",
        "Changelog": f"{repository}/blob/HEAD/CHANGELOG.md",
        "Issues": f"{repository}/issues",
    }


def with_links(markdown: str, repository: str, tag: str) -> str:
    """The text with absolute links to that tag; without a repository, words in place of links, and no pictures."""

    def replaced(found: re.Match[str]) -> str:
        picture, words, path = found.groups()
        if not repository:
            return "" if picture else words
        return f"{picture}[{words}]({repository}/{'raw' if picture else 'blob'}/{tag}/{path})"

    return _LINK.sub(replaced, markdown)
