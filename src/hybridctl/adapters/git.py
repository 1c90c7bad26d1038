"""git for one checkout: its commit, and whether the packaged files match that commit."""

import os
import subprocess
from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path

from hybridctl.domain.release import Source
from hybridctl.errors import HybridctlError

_SECONDS = 20.0

# git sets some of these for its hooks, and they redirect git to another repository (git(1), "Environment Variables").
FOREIGN_GIT = frozenset(
    {
        *("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_OBJECT_DIRECTORY", "GIT_COMMON_DIR", "GIT_PREFIX"),
        *("GIT_ALTERNATE_OBJECT_DIRECTORIES", "GIT_NAMESPACE", "GIT_CEILING_DIRECTORIES", "GIT_GRAFT_FILE"),
        *("GIT_SHALLOW_FILE", "GIT_REPLACE_REF_BASE", "GIT_NO_REPLACE_OBJECTS", "GIT_QUARANTINE_PATH"),
        *("GIT_DISCOVERY_ACROSS_FILESYSTEM", "GIT_DEFAULT_HASH", "GIT_INTERNAL_SUPER_PREFIX", "GIT_ATTR_SOURCE"),
        *("GIT_LITERAL_PATHSPECS", "GIT_GLOB_PATHSPECS", "GIT_NOGLOB_PATHSPECS", "GIT_ICASE_PATHSPECS"),
        *("GIT_EXTERNAL_DIFF", "GIT_DIFF_OPTS", "GIT_CONFIG", "GIT_IMPLICIT_WORK_TREE", "GIT_INDEX_VERSION"),
        *("GIT_EXEC_PATH", "GIT_TEST_ASSUME_DIFFERENT_OWNER"),
    }
)


class GitUnable(HybridctlError, code="git_unable"):
    """git cannot be used; the message says why."""


class Git:
    """git for the checkout at `root`, with a user's environment."""

    def __init__(self, root: Path, environ: Mapping[str, str]) -> None:
        self._root = root
        self._environ = own_git(environ)

    def source(self, packaged: Callable[[], Sequence[Path]] = tuple, *, apart_from: Collection[Path] = ()) -> Source:
        """Return the commit and changes of the checkout. `packaged` are the files of the package; the files
        `apart_from`, of any that are below the root, do not count as changes.

        `dirty` is also true if a packaged file is ignored, untracked, or differs from the commit although the index
        says otherwise. `doubt` is the reason why git cannot answer.
        """
        commit = None
        try:
            commit, dirty = self._look(apart_from)
            return Source(commit, dirty or not self._holds(packaged()))
        except GitUnable as cause:
            return Source(commit, doubt=str(cause))
        except HybridctlError:  # the package cannot be built; the build reports why
            return Source(commit, dirty=True)

    def _look(self, apart_from: Collection[Path]) -> tuple[str, bool]:
        """Return the commit, and whether the work tree differs from it."""
        root = self._root.resolve()
        within = sorted(path.relative_to(root) for path in map(Path.resolve, apart_from) if path.is_relative_to(root))
        paths = ["--", ":(top)", *(f":(exclude,literal){path}" for path in within)] if within else []
        head, *rest = self.ask(
            "status", "--porcelain=v2", "--branch", "--no-ahead-behind", "--untracked-files=normal", *paths
        ).splitlines()
        commit = head.removeprefix("# branch.oid ")
        if commit == "(initial)":
            raise GitUnable("HEAD names no commit")
        return commit, any(not line.startswith("# ") for line in rest)

    def ask(self, *arguments: str, folder: Path | None = None, said: str = "") -> str:
        """Return git's output. Raises GitUnable if git fails."""
        try:
            ran = subprocess.run(
                ["git", *arguments],
                cwd=folder or self._root,
                env=self._environ,
                input=said,
                capture_output=True,
                encoding="utf-8",
                errors="surrogateescape",
                check=False,
                timeout=_SECONDS,
            )
        except FileNotFoundError as cause:
            raise GitUnable("git is not on PATH") from cause
        except subprocess.TimeoutExpired as cause:
            raise GitUnable(f"git did not answer in {_SECONDS:.0f} s") from cause
        except OSError as cause:
            raise GitUnable(f"git cannot be run: {cause.strerror}") from cause
        if ran.returncode != 0:
            raise GitUnable(_reason(ran.stderr))
        return ran.stdout

    def _holds(self, packaged: Sequence[Path]) -> bool:
        """Return whether the commit contains each of these files with the same content (after git's filters)."""
        files = sorted({path.resolve() for path in packaged})
        if not files:
            return True
        top = Path(self.ask("rev-parse", "--show-toplevel").removesuffix("\n"))
        shared = os.path.relpath(os.path.commonpath([path.parent for path in files]), top.resolve())
        known = self._blobs(top, below=shared)
        if any(path not in known for path in files):  # it may be in a submodule, which its parent lists as one entry
            known = self._blobs(top)
        if any(path not in known for path in files) or any("\n" in str(path) for path in files):
            return False
        paths = "".join(f"{path.relative_to(top.resolve())}\n" for path in files)  # git attributes use relative paths
        hashes = self.ask("hash-object", "--stdin-paths", folder=top, said=paths).split()
        return hashes == [known[path] for path in files]

    def _blobs(self, top: Path, below: str = ".") -> dict[Path, str]:
        """Return the blobs of the commit's files in the folder `below`, including checked-out submodules."""
        hashes: dict[Path, str] = {}
        base = top.resolve()
        for row in self.ask("ls-tree", "-r", "-z", "HEAD", "--", f"{below}/", folder=top).split("\0"):
            about, _, name = row.partition("\t")
            if not name:
                continue
            _, kind, blob = about.split(" ")
            if kind == "blob":
                hashes[base / name] = blob
            elif (base / name / ".git").exists():
                hashes |= self._blobs(base / name)
        return hashes


def own_git(environ: Mapping[str, str]) -> dict[str, str]:
    """Return the environment without variables that redirect git or enable traces, prompts and optional locks."""
    kept = {
        name: value
        for name, value in environ.items()
        if name not in FOREIGN_GIT and not name.startswith(("GIT_TRACE", "GIT_REDIRECT"))
    }
    return kept | {"GIT_OPTIONAL_LOCKS": "0", "GIT_TERMINAL_PROMPT": "0", "LC_ALL": "C"}


def _reason(stderr: str) -> str:
    lines = [line.strip() for line in stderr.splitlines() if line.strip()]
    text = " ".join(lines)
    if "dubious ownership" in text or "unsafe repository" in text:
        return "git does not trust this checkout, which belongs to another user (see safe.directory in git-config)"
    if "not a git repository" in text:
        return "this is not a git repository"
    if "Needed a single revision" in text or "ambiguous argument" in text or "bad object HEAD" in text:
        return "HEAD names no commit"
    errors = [line for line in lines if line.startswith(("fatal:", "error:"))] or lines or ["git failed"]
    return f"git says: {errors[0].removeprefix('fatal: ').removeprefix('error: ')}"
