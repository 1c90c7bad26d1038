"""The errors that hybridctl explains. `code` is public: programs match it, so it is independent of the class name."""

from typing import ClassVar

from hybridctl.exit_codes import ExitCode


class HybridctlError(Exception):
    """An unexpected error; subclasses are errors that hybridctl explains.

    The message says what was being done, to what, and what happened. `hint` is the next command to run. `result` is a
    value to show with the message, such as a failed smoke report.
    """

    code: ClassVar[str] = "hybridctl_error"
    exit_code: ClassVar[ExitCode] = ExitCode.FAILED

    def __init_subclass__(cls, *, code: str, exit_code: ExitCode | None = None) -> None:
        """Take the public code of a kind of error, and its exit code where that is not the base's."""
        super().__init_subclass__()
        cls.code = code
        cls.exit_code = exit_code or cls.exit_code

    def __init__(self, what: str, *, hint: str | None = None, result: object | None = None) -> None:
        super().__init__(what)
        self.hint = hint
        self.result = result


class UsageInvalid(HybridctlError, code="usage_invalid", exit_code=ExitCode.USAGE):
    """The command line is not valid."""


class ConfigurationInvalid(HybridctlError, code="configuration_invalid", exit_code=ExitCode.USAGE):
    """hybridctl.toml, the environment or the HCL is not valid."""


class FileUnreadable(ConfigurationInvalid, code="file_unreadable"):
    """A file is missing, too large, damaged or not a file."""


class UnknownEnvironment(HybridctlError, code="unknown_environment", exit_code=ExitCode.USAGE):
    """hybridctl.toml does not define the environment."""


class UnknownProfile(HybridctlError, code="unknown_profile", exit_code=ExitCode.USAGE):
    """The AWS configuration has no profile of that name."""


class NotDeployed(HybridctlError, code="not_deployed", exit_code=ExitCode.NOT_FOUND):
    """The environment, or a part of it, is not deployed."""


class NotFound(HybridctlError, code="not_found", exit_code=ExitCode.NOT_FOUND):
    """The named object does not exist."""


class VersionNotFound(HybridctlError, code="version_not_found", exit_code=ExitCode.NOT_FOUND):
    """The function has no such version."""


class LockHeld(HybridctlError, code="lock_held", exit_code=ExitCode.CONFLICT):
    """Another process holds the lock of Terraform's state."""


class ReleaseInProgress(HybridctlError, code="release_in_progress", exit_code=ExitCode.CONFLICT):
    """Another release holds the environment."""


class ClaimUnreadable(ReleaseInProgress, code="claim_unreadable"):
    """The claim on the environment cannot be read, so its holder is unknown; `claim` is the object found."""

    def __init__(self, what: str, *, hint: str, claim: object) -> None:
        super().__init__(what, hint=hint)
        self.claim = claim


class NameTaken(HybridctlError, code="name_taken", exit_code=ExitCode.CONFLICT):
    """The plan would create an object that already exists and may not belong to this environment."""


class FilesInTheWay(HybridctlError, code="files_in_the_way", exit_code=ExitCode.CONFLICT):
    """Files that the command would write already exist. None of them was changed."""


class PlanStale(HybridctlError, code="plan_stale", exit_code=ExitCode.CONFLICT):
    """The plan is out of date: something it depends on has changed. It was not applied."""


class StateMoved(HybridctlError, code="state_moved", exit_code=ExitCode.CONFLICT):
    """Another process has written a newer state, which this one would overwrite."""


class AliasMoved(HybridctlError, code="alias_moved", exit_code=ExitCode.CONFLICT):
    """Another process has moved the alias."""


class FunctionBusy(HybridctlError, code="function_busy", exit_code=ExitCode.CONFLICT):
    """Lambda is applying another change of the function, such as provisioned concurrency."""


class CheckFailed(HybridctlError, code="check_failed", exit_code=ExitCode.CHECK_FAILED):
    """A check failed."""


class CodeDiffers(CheckFailed, code="code_differs"):
    """A version does not contain the package that it would be recorded with."""


class NoAnswer(CheckFailed, code="no_answer", exit_code=ExitCode.OUTCOME_UNKNOWN):
    """A request got no response, so the check has no result."""


class AllocationFailed(CheckFailed, code="allocation_failed"):
    """Lambda could not allocate the provisioned concurrency of a version."""


class PlanRefused(HybridctlError, code="plan_refused", exit_code=ExitCode.CHECK_FAILED):
    """The policy does not allow the plan."""


class NeedsConsent(HybridctlError, code="needs_consent", exit_code=ExitCode.REFUSED):
    """The command needs confirmation, but there is no terminal."""


class Declined(HybridctlError, code="declined", exit_code=ExitCode.REFUSED):
    """The user did not confirm."""


class DigestDiffers(HybridctlError, code="digest_differs", exit_code=ExitCode.REFUSED):
    """The plan does not have the given digest. It was not applied."""


class WrongAccount(HybridctlError, code="wrong_account", exit_code=ExitCode.REFUSED):
    """The credentials belong to another account than the one that hybridctl.toml names."""


class Protected(HybridctlError, code="protected", exit_code=ExitCode.REFUSED):
    """The environment or a table is protected."""


class ReleaseTakenBack(HybridctlError, code="release_taken_back", exit_code=ExitCode.TAKEN_BACK):
    """The release failed and was rolled back automatically."""


class OutcomeUnknown(HybridctlError, code="outcome_unknown", exit_code=ExitCode.OUTCOME_UNKNOWN):
    """The outcome is unknown; the message says how to find out."""


class Unanswered(OutcomeUnknown, code="unanswered"):
    """A smoke-tested version serves, but got no response during verification."""


class Interrupted(HybridctlError, code="interrupted", exit_code=ExitCode.INTERRUPTED):
    """A signal (Ctrl-C, SIGTERM, SIGHUP) interrupted the command."""


class BuildFailed(HybridctlError, code="build_failed"):
    """The package could not be built. The previous package is unchanged."""


class EngineFailed(HybridctlError, code="engine_failed"):
    """Terraform failed."""


class EngineMissing(HybridctlError, code="engine_missing"):
    """No suitable Terraform is installed."""


class AwsRefused(HybridctlError, code="aws_refused"):
    """AWS returned an error that no other code describes."""


class StateUnreadable(AwsRefused, code="state_unreadable"):
    """Terraform's state exists but cannot be read."""


class NotRecorded(HybridctlError, code="not_recorded"):
    """The release ended, but its record could not be written. The message says how it ended."""


class SandboxFailed(HybridctlError, code="sandbox_failed"):
    """The sandbox could not be started or reached."""


class FileUnwritable(HybridctlError, code="file_unwritable"):
    """A file or folder could not be written."""


class DiskFull(FileUnwritable, code="disk_full"):
    """The disk or the quota is full."""


class ResultLost(FileUnwritable, code="result_lost"):
    """The result could not be written to stdout."""


class MachineExhausted(HybridctlError, code="machine_exhausted"):
    """This machine is out of memory, threads, processes or open files."""


class NestedTooDeeply(HybridctlError, code="nested_too_deeply"):
    """A document is nested too deeply."""


class LogsThrottled(AwsRefused, code="logs_throttled"):
    """CloudWatch Logs throttles the requests; retrying later helps."""


class LogsUnreachable(AwsRefused, code="logs_unreachable"):
    """CloudWatch Logs could not be reached, or rejected the credentials; retrying can help."""


class CredentialsExpired(LogsUnreachable, code="credentials_expired"):
    """The credentials have expired."""


class LogPagesLost(AwsRefused, code="log_pages_lost"):
    """A page token of a log search has expired: start the search again."""


class LiveTailEnded(HybridctlError, code="live_tail_ended"):
    """A Live Tail session reached its time limit."""


class TakenOver(ReleaseInProgress, code="taken_over"):
    """Someone else is ending, or has ended, this release with promote or abort."""


class WatchFailed(CheckFailed, code="watch_failed"):
    """The new version performed worse than the old one."""


class WatchInconclusive(CheckFailed, code="watch_inconclusive"):
    """The data was not sufficient for a verdict. The release is unchanged and waits for a decision."""


class OnlyOnSandbox(HybridctlError, code="only_on_sandbox", exit_code=ExitCode.REFUSED):
    """The operation is allowed only in the sandbox."""


def explain_missing(cause: ModuleNotFoundError) -> HybridctlError:
    """Return the error for a dependency that is not installed."""
    return HybridctlError(
        f"hybridctl is not completely installed: there is no module {cause.name!r}",
        hint="install it again in an environment of its own: pipx install --force hybridctl",
    )
