"""Files in a working copy that no function needs, by name."""

import os
from pathlib import Path

_FOLDERS = {
    *("__pycache__", ".git", ".hg", ".svn", ".idea", ".vscode", ".venv", ".tox", ".nox", ".eggs", ".direnv", ".cache"),
    *(".mypy_cache", ".pytest_cache", ".ruff_cache", ".hypothesis", ".ipynb_checkpoints", ".terraform"),
}
_FILES = {
    *(
        ".DS_Store",
        "Thumbs.db",
        "desktop.ini",
        ".coverage",
        ".git",
        ".gitignore",
        ".gitattributes",
        ".gitkeep",
        ".keep",
    ),
    *(".gitmodules", ".editorconfig", ".dockerignore", ".flake8", ".pylintrc", ".coveragerc", ".python-version"),
    *(".tool-versions", ".pre-commit-config.yaml", ".env.example", ".env.sample", ".env.template", ".env.dist"),
}
_ENDINGS = (".pyc", ".pyo", ".swp", ".swo", ".orig", ".rej", "~")
_BEGINNINGS = (".#", "._", ".nfs", ".fuse_hidden", ".~lock", ".coverage.")
_AT_THE_TOP = {"requirements.txt", "requirements.lock", "README.md"}
_DEVELOPMENT = {"tests", "node_modules", "venv"}
_UNUSUAL = (
    *(".sql", ".dump", ".bak", ".backup", ".old", ".log", ".csv", ".db", ".sqlite", ".sqlite3", ".ipynb", ".tfvars"),
    *(".zip", ".tar", ".gz", ".tgz", ".bz2", ".xz", ".7z", ".whl", ".deb", ".rpm", ".dmg", ".iso", ".pcap", ".core"),
)


def is_litter(name: str) -> bool:
    """Return whether the file or folder is left out without a message."""
    last = name.rpartition("/")[2]
    known = last in _FOLDERS or last in _FILES or name in _AT_THE_TOP
    return known or last.endswith(_ENDINGS) or last.startswith(_BEGINNINGS)


def is_development_folder(name: str) -> bool:
    """Return whether the folder is left out unless something imports it."""
    return name.rpartition("/")[2] in _DEVELOPMENT


def is_virtual_environment(folder: Path) -> bool:
    return os.path.exists(folder / "pyvenv.cfg")


def is_unusual(name: str) -> bool:
    """Return whether a packaged file is worth a message: hidden, or of a type that functions rarely read."""
    return name.rpartition("/")[2].startswith(".") or name.lower().endswith(_UNUSUAL)
