"""The errors that hybridctl explains. `code` is public: programs match on it, so it never follows a new class name."""

from typing import ClassVar

from hybridctl.exit_codes import ExitCode


class HybridctlError(Exception):
    """An unexpected error; subclasses are errors that hybridctl explains.

    The message says what was being done, to what, and what happened. `hint` is the next command to run. `result` is a
    value to show with the message, such as a failed smoke report.
    """

    code: ClassVar[str] = "hybridctl_error"
    exit_code: ClassVar[ExitCode] = ExitCode.FAILED

    def __init__(self, what: str, *, hint: str | None = None, result: object | None = None) -> None:
        super().__init__(what)
        self.hint = hint
        self.result = result


class UsageInvalid(HybridctlError):
    """The command line is not valid."""

    code = "usage_invalid"
    exit_code = ExitCode.USAGE


class ConfigurationInvalid(HybridctlError):
    """hybridctl.toml, the environment or the HCL is not valid."""

    code = "configuration_invalid"
    exit_code = ExitCode.USAGE


class FileUnreadable(ConfigurationInvalid):
    """A file is missing, too large, damaged or not a file."""

    code = "file_unreadable"


class UnknownEnvironment(HybridctlError):
    """hybridctl.toml does not define the environment."""

    code = "unknown_environment"
    exit_code = ExitCode.USAGE


class UnknownProfile(HybridctlError):
    """The AWS configuration has no profile of that name."""

    code = "unknown_profile"
    exit_code = ExitCode.USAGE


class NotDeployed(HybridctlError):
    """The environment, or a part of it, is not deployed."""

    code = "not_deployed"
    exit_code = ExitCode.NOT_FOUND


class NotFound(HybridctlError):
    """The named object does not exist."""

    code = "not_found"
    exit_code = ExitCode.NOT_FOUND


class VersionNotFound(HybridctlError):
    """The function has no such version."""

    code = "version_not_found"
    exit_code = ExitCode.NOT_FOUND


class LockHeld(HybridctlError):
    """Another process holds the lock of Terraform's state."""

    code = "lock_held"
    exit_code = ExitCode.CONFLICT


class ReleaseInProgress(HybridctlError):
    """Another release holds the environment."""

    code = "release_in_progress"
    exit_code = ExitCode.CONFLICT


class ClaimUnreadable(ReleaseInProgress):
    """The claim on the environment cannot be read, so its holder is unknown; `claim` is the object found."""

    code = "claim_unreadable"

    def __init__(self, what: str, *, hint: str, claim: object) -> None:
        super().__init__(what, hint=hint)
        self.claim = claim


class NameTaken(HybridctlError):
    """The plan would create an object that already exists and may not belong to this environment."""

    code = "name_taken"
    exit_code = ExitCode.CONFLICT


class FilesInTheWay(HybridctlError):
    """Files that the command would write already exist. None of them was changed."""

    code = "files_in_the_way"
    exit_code = ExitCode.CONFLICT


class PlanStale(HybridctlError):
    """The plan is out of date: something it depends on has changed. It was not applied."""

    code = "plan_stale"
    exit_code = ExitCode.CONFLICT


class StateMoved(HybridctlError):
    """Another process has written a newer state, which this one would overwrite."""

    code = "state_moved"
    exit_code = ExitCode.CONFLICT


class AliasMoved(HybridctlError):
    """Another process has moved the alias."""

    code = "alias_moved"
    exit_code = ExitCode.CONFLICT


class FunctionBusy(HybridctlError):
    """Lambda is applying another change of the function, such as provisioned concurrency."""

    code = "function_busy"
    exit_code = ExitCode.CONFLICT


class CheckFailed(HybridctlError):
    """A check failed."""

    code = "check_failed"
    exit_code = ExitCode.CHECK_FAILED


class CodeDiffers(CheckFailed):
    """A version does not contain the package that it would be recorded with."""

    code = "code_differs"


class NoAnswer(CheckFailed):
    """A request got no response, so the check has no result."""

    code = "no_answer"
    exit_code = ExitCode.OUTCOME_UNKNOWN


class AllocationFailed(CheckFailed):
    """Lambda could not allocate the provisioned concurrency of a version."""

    code = "allocation_failed"


class PlanRefused(HybridctlError):
    """The policy does not allow the plan."""

    code = "plan_refused"
    exit_code = ExitCode.CHECK_FAILED


class NeedsConsent(HybridctlError):
    """The command needs confirmation, but there is no terminal."""

    code = "needs_consent"
    exit_code = ExitCode.REFUSED


class Declined(HybridctlError):
    """The user did not confirm."""

    code = "declined"
    exit_code = ExitCode.REFUSED


class DigestDiffers(HybridctlError):
    """The plan does not have the given digest. It was not applied."""

    code = "digest_differs"
    exit_code = ExitCode.REFUSED


class WrongAccount(HybridctlError):
    """The credentials belong to another account than the one that hybridctl.toml names."""

    code = "wrong_account"
    exit_code = ExitCode.REFUSED


class Protected(HybridctlError):
    """The environment or a table is protected."""

    code = "protected"
    exit_code = ExitCode.REFUSED


class ReleaseTakenBack(HybridctlError):
    """The release failed and was rolled back automatically."""

    code = "release_taken_back"
    exit_code = ExitCode.TAKEN_BACK


class OutcomeUnknown(HybridctlError):
    """The outcome is unknown; the message says how to find out."""

    code = "outcome_unknown"
    exit_code = ExitCode.OUTCOME_UNKNOWN


class Unanswered(OutcomeUnknown):
    """A smoke-tested version serves, but got no response during verification."""

    code = "unanswered"


class Interrupted(HybridctlError):
    """A signal (Ctrl-C, SIGTERM, SIGHUP) interrupted the command."""

    code = "interrupted"
    exit_code = ExitCode.INTERRUPTED


class BuildFailed(HybridctlError):
    """The package could not be built. The previous package is unchanged."""

    code = "build_failed"


class EngineFailed(HybridctlError):
    """Terraform failed."""

    code = "engine_failed"


class EngineMissing(HybridctlError):
    """No suitable Terraform is installed."""

    code = "engine_missing"


class AwsRefused(HybridctlError):
    """AWS returned an error that no other code describes."""

    code = "aws_refused"


class StateUnreadable(AwsRefused):
    """Terraform's state exists but cannot be read."""

    code = "state_unreadable"


class NotRecorded(HybridctlError):
    """The release ended, but its record could not be written. The message says how it ended."""

    code = "not_recorded"


class SandboxFailed(HybridctlError):
    """The sandbox could not be started or reached."""

    code = "sandbox_failed"


class FileUnwritable(HybridctlError):
    """A file or folder could not be written."""

    code = "file_unwritable"


class DiskFull(FileUnwritable):
    """The disk or the quota is full."""

    code = "disk_full"


class ResultLost(FileUnwritable):
    """The result could not be written to stdout."""

    code = "result_lost"


class MachineExhausted(HybridctlError):
    """This machine is out of memory, threads, processes or open files."""

    code = "machine_exhausted"


class NestedTooDeeply(HybridctlError):
    """A document is nested too deeply."""

    code = "nested_too_deeply"


class LogsThrottled(AwsRefused):
    """CloudWatch Logs throttles the requests; retrying later helps."""

    code = "logs_throttled"


class LogsUnreachable(AwsRefused):
    """CloudWatch Logs could not be reached, or rejected the credentials; retrying can help."""

    code = "logs_unreachable"


class CredentialsExpired(LogsUnreachable):
    """The credentials have expired."""

    code = "credentials_expired"


class LogPagesLost(AwsRefused):
    """A page token of a log search has expired: start the search again."""

    code = "log_pages_lost"


class LiveTailEnded(HybridctlError):
    """A Live Tail session reached its time limit."""

    code = "live_tail_ended"


class TakenOver(ReleaseInProgress):
    """Someone else is ending, or has ended, this release with promote or abort."""

    code = "taken_over"


class WatchFailed(CheckFailed):
    """The new version performed worse than the old one."""

    code = "watch_failed"


class WatchInconclusive(CheckFailed):
    """The data was not sufficient for a verdict. The release is unchanged and waits for a decision."""

    code = "watch_inconclusive"


class OnlyOnSandbox(HybridctlError):
    """The operation is allowed only in the sandbox."""

    code = "only_on_sandbox"
    exit_code = ExitCode.REFUSED
