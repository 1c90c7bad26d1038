"""The platform of the function, in terms of Python packaging."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from hybridctl.errors import ConfigurationInvalid

# Lambda's Python 3.12 and later run on Amazon Linux 2023 (glibc 2.34), Python 3.11 on Amazon Linux 2 (glibc 2.26).
# https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtimes.html
_GLIBC_SINCE_312, _GLIBC_BEFORE = 34, 26
_MACHINES = {"arm64": "aarch64", "x86_64": "x86_64"}
_OLDEST_GLIBC = {"aarch64": 17, "x86_64": 5}
_OLD_NAMES = {"aarch64": ("manylinux2014",), "x86_64": ("manylinux2014", "manylinux2010", "manylinux1")}


@dataclass(frozen=True, slots=True)
class Target:
    """A runtime and architecture, with Lambda's names. Raises ConfigurationInvalid if packages for them cannot be
    built.
    """

    runtime: str
    architecture: str

    def __post_init__(self) -> None:
        if not re.fullmatch(r"python3\.\d{1,2}", self.runtime):
            raise ConfigurationInvalid(
                f"runtime cannot be {self.runtime!r}", hint="a Lambda runtime such as python3.13"
            )
        if self.architecture not in _MACHINES:
            raise ConfigurationInvalid(f"architecture cannot be {self.architecture!r}", hint="arm64 or x86_64")

    def __str__(self) -> str:
        return f"{self.runtime}, {self.architecture}"

    @property
    def python(self) -> str:
        return self.runtime.removeprefix("python")

    @property
    def minor(self) -> int:
        return int(self.python.partition(".")[2])

    @property
    def machine(self) -> str:
        return _MACHINES[self.architecture]

    @property
    def glibc(self) -> int:
        """The minor version of glibc 2 on Lambda."""
        return _GLIBC_SINCE_312 if self.minor >= 12 else _GLIBC_BEFORE

    @property
    def platforms(self) -> list[str]:
        """The platform tags of wheels that the function can load, newest first."""
        numbered = [f"manylinux_2_{minor}" for minor in range(self.glibc, _OLDEST_GLIBC[self.machine] - 1, -1)]
        return [f"{tag}_{self.machine}" for tag in (*numbered, *_OLD_NAMES[self.machine], "linux")]

    @property
    def abis(self) -> list[str]:
        return [f"cp{self.python.replace('.', '')}", "abi3", "none"]

    def accepts(self, tag: str) -> bool:
        """Return whether the function can use a wheel with this tag, such as "cp313-cp313-manylinux2014_aarch64".

        Source: PEP 425; a part may contain several values, separated by dots.
        """
        interpreters, abis, platforms = (part.split(".") for part in f"{tag}--".split("-")[:3])
        return (
            any(self._runs(one, abis) for one in interpreters)
            and bool({*abis} & {*self.abis})
            and bool({*platforms} & {"any", *self.platforms})
        )

    def _runs(self, interpreter: str, abis: list[str]) -> bool:
        match = re.fullmatch(r"(cp|py)3(\d*)", interpreter)
        if not match:
            return False
        if match[1] == "py" and "none" not in abis:
            return False
        if match[1] == "cp" and "abi3" not in abis:
            return match[2] == str(self.minor)
        return not match[2] or int(match[2]) <= self.minor

    @property
    def markers(self) -> Mapping[str, str]:
        """The values for environment markers (PEP 508). The patch version is unknown, so it is 0."""
        return {
            "implementation_name": "cpython",
            "implementation_version": f"{self.python}.0",
            "os_name": "posix",
            "platform_machine": self.machine,
            "platform_python_implementation": "CPython",
            "platform_release": "",
            "platform_system": "Linux",
            "platform_version": "",
            "python_full_version": f"{self.python}.0",
            "python_version": self.python,
            "sys_platform": "linux",
        }


def is_python_of(runtime: str, version: str) -> bool:
    """Return whether a Python version such as 3.13.1 belongs to a runtime such as `python3.13`."""
    return version.startswith(runtime.removeprefix("python") + ".")


def describe_other_python(runtime: str, version: str) -> str:
    """Describe that the sandbox runs functions on a different Python version than AWS."""
    return f"{runtime} is not installed on this machine: the sandbox uses Python {version}"
