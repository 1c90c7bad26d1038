"""Reduces pip's output to one error with the next step."""

import re

from hybridctl.domain.target import Target
from hybridctl.errors import BuildFailed

_NETWORK = "check the network, HTTPS_PROXY and `pip config list`"
_UNREACHABLE = re.compile(
    r"Max retries exceeded|NewConnectionError|ConnectTimeoutError|NameResolutionError"
    r"|Failed to establish a new connection|Read timed out|Connection aborted|ProxyError"
)
_HOST = re.compile(r"host='(?P<host>[^']+)', port=(?P<port>\d+)|to (?P<name>[\w.-]+) timed out")
_GIT_SAID = re.compile(r"^\s*(?:fatal|error|ERROR|remote): (?P<what>.+)$", re.MULTILINE)
_CLONED = re.compile(
    r"(?:git|hg|svn|bzr) (?:clone|fetch|checkout|rev-parse|submodule)\b.*? did not run successfully|Failed to clone"
)
_NOISE = ("subprocess-exited-with-error", "command-errored", "This error originates", "metadata-generation-failed")


def explain_failure(said: str, file: str, target: Target, python: str) -> BuildFailed:
    """Return the error for pip's output `said`, in which credentials are already hidden."""
    where = f"{file} for {target}"
    if "ERROR: no pip" in said:
        return BuildFailed(f"{python} has no pip to resolve {file} with", hint=f"{python} -m ensurepip")
    if "ERROR: unknown pip" in said:
        return BuildFailed(f"the pip of {python} is not supported", hint="update hybridctl, or pin pip")
    if "DO NOT MATCH THE HASHES" in said or "hashes are required" in said.lower():
        return BuildFailed(
            f"{where}: a package does not match its locked hash", hint="update the lock of the requirements"
        )
    if "Can't verify hashes for these" in said:
        return BuildFailed(
            f"{where}: {' '.join(_errors(said))}", hint="a lock holds released packages only; pin a release instead"
        )
    if _CLONED.search(said):
        return BuildFailed(f"{where}: {_repository(said)}", hint="check its address, the branch, and your access to it")
    missing = re.search(r"No matching distribution found for (.+?)(?: \(from |$)", said, re.MULTILINE)
    if missing and re.search(r"Retrying \(|connection broken|Could not fetch URL", said):
        return BuildFailed(f"{where}: the package index cannot be reached", hint=_NETWORK)
    if missing:
        return BuildFailed(
            f"{where}: {missing[1]} has no wheel for this platform",
            hint="pin a version that has one, or a pure Python replacement; pip cannot build for another platform",
        )
    if _UNREACHABLE.search(said):
        found = _HOST.search(said)
        host = (found["host"] or found["name"]) if found else "the host of a requirement"
        return BuildFailed(f"{where}: {host} cannot be reached", hint=_NETWORK)
    return BuildFailed(f"{where}: {_reason(said)}", hint=f"correct {file}")


def _repository(output: str) -> str:
    """Return git's own message, or the command that failed."""
    answers = [match["what"] for match in _GIT_SAID.finditer(output) if not _is_noise(match["what"])]
    address = re.search(r"\b(?:https?|ssh|git|file)://[^\s'\"]+", output)
    subject = f"cloning {address[0].rstrip('.,')}" if address else "cloning a repository"
    return f"{subject}: {'; '.join(dict.fromkeys(answers))}" if answers else f"{subject} failed"


def _reason(output: str) -> str:
    """Return pip's own errors, or the last message of a failed build below it."""
    if errors := _errors(output):
        below = re.findall(r"^\s*(?:\w*(?:Error|Exception)|error): .+$", output, re.MULTILINE)
        below = [line.strip() for line in below if not _is_noise(line)]
        return "; ".join(dict.fromkeys([*errors, *below[-1:]]))
    lines = [line.strip(" │╰─>\u00d7") for line in output.splitlines() if not _is_noise(line)]
    below = [line for line in lines if re.match(r"\w*(?:Error|Exception|error)\b.*: ", line)]
    return str((below or [line for line in lines if line] or ["pip failed"])[-1])


def _errors(output: str) -> list[str]:
    lines = [line.removeprefix("ERROR: ") for line in output.splitlines() if line.startswith("ERROR: ")]
    return [" ".join(line.split()) for line in lines if not _is_noise(line) and line.strip() != "Exception:"]


def _is_noise(line: str) -> bool:
    return any(word in line for word in _NOISE)
