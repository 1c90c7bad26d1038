"""The machine of a run, as far as the figures depend on it, and without its name."""

import os
import platform
from collections.abc import Mapping
from pathlib import Path


def describe() -> Mapping[str, str | int]:
    return {
        "cores": os.cpu_count() or 1,
        "cpu": _cpu(),
        "memory GB": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
    }


def _cpu() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or "unknown"
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "unknown")
