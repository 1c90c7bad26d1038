"""Compare with the real provider only when something has changed that the comparison is about: it takes minutes."""

import hashlib
import os
from pathlib import Path

import pytest

MIRROR = "HYBRIDCTL_TEST_PROVIDER_MIRROR"
KEY = "hybridctl/real-provider"
REPOSITORY = Path(__file__).parents[2]
INPUTS = (
    "terraform",
    "locks/sandbox.lock",
    "src/hybridctl/sandbox",
    "src/hybridctl/adapters/terraform",
    "src/hybridctl/domain/existing",
    "src/hybridctl/domain/iam",
    "tests/sandbox/provider",
    "tests/sandbox/test_cloud_real_provider.py",
    "tests/terraform",
    "tests/e2e/test_real_provider.py",
    "tests/e2e/test_enforced_iam.py",
    "tests/e2e/test_existing_function.py",
)
SUFFIXES = {".py", ".tf", ".hcl", ".json", ".lock", ".tfvars"}


def compute_digest(root: Path = REPOSITORY) -> str:
    """Return the digest of all files that the comparison depends on, and of the mirror's path."""
    digest = hashlib.sha256(os.environ[MIRROR].encode())
    for name in INPUTS:
        found = [root / name] if (root / name).is_file() else sorted((root / name).rglob("*"))
        for path in found:
            if path.suffix in SUFFIXES and path.is_file() and ".terraform/" not in path.as_posix():
                digest.update(f"\0{path.relative_to(root)}\0".encode() + path.read_bytes())
    return digest.hexdigest()


class RealProvider:
    """Takes the mirror out of the environment when a whole run passed with these inputs; `--cache-clear` forgets it."""

    def __init__(self, config: pytest.Config) -> None:
        self._cache = getattr(config, "cache", None)  # `-p no:cacheprovider` leaves none
        is_filtered = config.option.keyword or config.option.markexpr
        self._is_whole = config.args == config.getini("testpaths") and not is_filtered
        self._digest = compute_digest() if os.environ.get(MIRROR) else ""
        self.is_known = bool(self._digest) and self._cache is not None and self._cache.get(KEY, "") == self._digest
        if self.is_known:
            del os.environ[MIRROR]

    def pytest_report_header(self) -> list[str]:
        if self.is_known:
            return ["real provider: compared before with the same inputs; pytest --cache-clear compares again"]
        return []

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        if self._digest and self._is_whole and session.exitstatus == pytest.ExitCode.OK and self._cache is not None:
            self._cache.set(KEY, self._digest)
