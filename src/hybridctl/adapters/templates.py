"""Templates from the installed package or from hybridctl's own checkout, and the folder to create.

The template `sessions` is this project's own backend. A wheel contains a copy, which the build creates
(`hatch_build.py`). A checkout is read directly, so git contains it only once.

As in git, a symbolic link is a text: its relative target, without a newline.
"""

import os
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path

from hybridctl.domain.package import UNPACKED_LIMIT
from hybridctl.domain.scaffold import TemplateName, is_link
from hybridctl.errors import FileUnreadable, NotFound
from hybridctl.files import read_file, read_text, write_failure

PACKAGED = Path(__file__).resolve().parents[1] / "templates"
CHECKOUT = Path(__file__).resolve().parents[3]
SESSIONS = ("hybridctl.toml", "docs/openapi.json", "lambda_src", "terraform")
_KINDS = (".hcl", ".json", ".md", ".py", ".tf", ".tfvars", ".toml", ".txt")
_BY_HAND = (".auto.tfvars", ".auto.tfvars.json")  # written by `--save` and by users, so not part of a template


class PackagedTemplates:
    """The templates of this installation."""

    def read(self, template: TemplateName) -> Mapping[str, str]:
        """Return each file of the template by its path. Raises NotFound if the installation does not contain the
        template.
        """
        texts = {**self.common(), **_texts(PACKAGED / template)}
        if template is TemplateName.SESSIONS and "hybridctl.toml" not in texts:
            for name in SESSIONS:
                source = CHECKOUT / name
                texts |= _texts(source, name) if source.is_dir() else {name: read_text(source)}
        if "hybridctl.toml" not in texts:
            raise NotFound(f"this installation does not contain the template {template}", hint="reinstall hybridctl")
        return dict(sorted(texts.items()))

    def common(self) -> Mapping[str, str]:
        """Return the files that all projects have."""
        return _texts(PACKAGED / "common")

    def look(self, folder: Path, paths: Sequence[str]) -> Mapping[str, bytes | None]:
        """Return the paths that exist, with their contents; None for a path that is not a file or is below a file."""
        files: dict[str, bytes | None] = {}
        for path in paths:
            target = folder / path
            blocked = any(part.is_symlink() or part.exists() for part in target.parents if not part.is_dir())
            if blocked or target.is_symlink() or target.exists():
                files[path] = None if blocked else _content_of(target)
        return files

    def write(
        self,
        folder: Path,
        files: Mapping[str, bytes],
        *,
        executable: Collection[str] = (),
        links: Collection[str] = (),
    ) -> None:
        """Write files that do not exist yet. Raises FileUnwritable.

        For a path in `links`, the content is the link's target.
        """
        for path, content in files.items():
            target = folder / path
            try:
                target.parent.mkdir(parents=True, exist_ok=True)
                if path in links:
                    target.symlink_to(content.decode())
                    continue
                with target.open("xb") as file:
                    file.write(content)
                if path in executable:
                    target.chmod(target.stat().st_mode | 0o111)
            except OSError as cause:
                raise write_failure(target, cause) from cause


def _texts(folder: Path, prefix: str = "") -> dict[str, str]:
    return {str(Path(prefix, path.relative_to(folder))): _text(path) for path in template_files(folder)}


def _text(path: Path) -> str:
    return os.readlink(path) if path.is_symlink() else read_text(path)


def template_files(folder: Path) -> Iterator[Path]:
    """Yield the template's files in a folder, without files that tools leave there."""
    for path in sorted(folder.rglob("*")):
        parts = path.relative_to(folder).parts
        is_of_a_tool = any(part == "__pycache__" or part.startswith(".") for part in set(parts[:-1]) - {".github"})
        is_text = path.suffix in _KINDS or path.name in (".gitignore", "pytest.ini") or ".github" in parts
        if is_text and not is_of_a_tool and not path.name.endswith(_BY_HAND) and path.is_file():
            yield path


def _content_of(path: Path) -> bytes | None:
    try:
        target = os.readlink(path) if path.is_symlink() else ""
        return target.encode() if is_link(target) else read_file(path, limit=UNPACKED_LIMIT)
    except FileUnreadable:
        return None
