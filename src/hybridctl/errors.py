"""One tree of explainable failures: what happened, the next step, and the exit code."""

import re
from typing import ClassVar

from hybridctl.exit_codes import ExitCode


class HybridctlError(Exception):
    """A failure we can explain: what was being done to what, and the next command to type.

    `result` is a value worth showing beside the message, such as the smoke report that was red.
    """

    exit_code: ClassVar[ExitCode] = ExitCode.FAILED

    def __init__(self, what: str, *, hint: str | None = None, result: object | None = None) -> None:
        super().__init__(what)
        self.hint = hint
        self.result = result

    @property
    def code(self) -> str:
        """The stable name programs match on: `AliasMoved` is `alias_moved`."""
        return re.sub(r"(?<!^)(?=[A-Z])", "_", type(self).__name__).lower()


class UsageInvalid(HybridctlError):
    exit_code = ExitCode.USAGE


class ConfigurationInvalid(HybridctlError):
    exit_code = ExitCode.USAGE


class FileUnreadable(ConfigurationInvalid):
    """A file that was named or that hybridctl keeps is missing, of another kind, too large or damaged."""


class UnknownEnvironment(HybridctlError):
    exit_code = ExitCode.USAGE


class UnknownProfile(HybridctlError):
    """The AWS configuration has no profile of that name."""

    exit_code = ExitCode.USAGE


class NotDeployed(HybridctlError):
    exit_code = ExitCode.NOT_FOUND


class NotFound(HybridctlError):
    exit_code = ExitCode.NOT_FOUND


class VersionNotFound(HybridctlError):
    exit_code = ExitCode.NOT_FOUND


class LockHeld(HybridctlError):
    exit_code = ExitCode.CONFLICT


class ReleaseInProgress(HybridctlError):
    exit_code = ExitCode.CONFLICT


class ClaimUnreadable(ReleaseInProgress):
    """Something holds the environment and does not say who it is; `claim` is what was found."""

    def __init__(self, what: str, *, hint: str, claim: object) -> None:
        super().__init__(what, hint=hint)
        self.claim = claim


class NameTaken(HybridctlError):
    """What a plan would create exists already, and is not known to be this environment's."""

    exit_code = ExitCode.CONFLICT


class FilesInTheWay(HybridctlError):
    """Files exist that a command would have to write: it changes none of them."""

    exit_code = ExitCode.CONFLICT


class PlanStale(HybridctlError):
    """What a plan was made from has moved since: it is not applied."""

    exit_code = ExitCode.CONFLICT


class StateMoved(HybridctlError):
    """Another state was written in the meantime: ours would undo it."""

    exit_code = ExitCode.CONFLICT


class AliasMoved(HybridctlError):
    exit_code = ExitCode.CONFLICT


class FunctionBusy(HybridctlError):
    """Another change of the function is under way, such as the allocation of provisioned concurrency."""

    exit_code = ExitCode.CONFLICT


class CheckFailed(HybridctlError):
    exit_code = ExitCode.CHECK_FAILED


class CodeDiffers(CheckFailed):
    """A version runs other code than the package it would be recorded with."""


class NoAnswer(CheckFailed):
    """A request was not answered: nothing is known of who was to answer it, which is no verdict."""

    exit_code = ExitCode.OUTCOME_UNKNOWN


class AllocationFailed(CheckFailed):
    """Lambda did not allocate the provisioned concurrency of a version."""


class PlanRefused(HybridctlError):
    exit_code = ExitCode.CHECK_FAILED


class NeedsConsent(HybridctlError):
    exit_code = ExitCode.REFUSED


class Declined(HybridctlError):
    exit_code = ExitCode.REFUSED


class DigestDiffers(HybridctlError):
    """The plan is not the one whose digest was given: it is not applied."""

    exit_code = ExitCode.REFUSED


class WrongAccount(HybridctlError):
    exit_code = ExitCode.REFUSED


class Protected(HybridctlError):
    exit_code = ExitCode.REFUSED


class ReleaseTakenBack(HybridctlError):
    exit_code = ExitCode.TAKEN_BACK


class OutcomeUnknown(HybridctlError):
    exit_code = ExitCode.OUTCOME_UNKNOWN


class Unanswered(OutcomeUnknown):
    """A version serves and was proven, but nobody answered when it was to be verified: that is no verdict."""


class Interrupted(HybridctlError):
    exit_code = ExitCode.INTERRUPTED


class BuildFailed(HybridctlError):
    """The package could not be made; the previous one is left as it was."""


class EngineFailed(HybridctlError):
    """Terraform ended with an error of its own."""


class EngineMissing(HybridctlError):
    """No Terraform engine of the needed version is at hand."""


class AwsRefused(HybridctlError):
    """AWS answered with an error that no other class describes."""


class StateUnreadable(AwsRefused):
    """Terraform's state is there, and it cannot be understood: nothing may be concluded from it."""


class NotRecorded(HybridctlError):
    """A release ended, and its record could not be written: the message says how it ended."""


class SandboxFailed(HybridctlError):
    """The local environment could not be started or reached."""


class FileUnwritable(HybridctlError):
    """A file or folder that has to be written cannot be."""


class DiskFull(FileUnwritable):
    """There is no space left on the disk, or none within the quota."""


class ResultLost(FileUnwritable):
    """The result could not be written to stdout, and the result was all that was asked for."""


class MachineExhausted(HybridctlError):
    """Memory, threads, processes or open files have run out."""


class NestedTooDeeply(HybridctlError):
    """A document that was read is nested deeper than any that hybridctl works with."""


class LogsThrottled(AwsRefused):
    """CloudWatch Logs answers that it is asked too often; asking again later helps."""


class LogsUnreachable(AwsRefused):
    """CloudWatch Logs did not answer, or not us: asking again, perhaps with fresh credentials, helps."""


class CredentialsExpired(LogsUnreachable):
    """The credentials have expired, and there are no fresh ones yet."""


class LogPagesLost(AwsRefused):
    """The place in a search was not taken up again: the search has to begin anew."""


class LiveTailEnded(HybridctlError):
    """A Live Tail session is over because its time is."""


class TakenOver(ReleaseInProgress):
    """Somebody else promotes or aborts, or has promoted or aborted, the release in question."""


class WatchFailed(CheckFailed):
    """The watch found the new version worse than the old one."""


class WatchInconclusive(CheckFailed):
    """The watch ended without a verdict; the rollout is left as it is, for somebody to decide."""


class OnlyOnSandbox(HybridctlError):
    """What is asked for would mislead people on AWS, so it is done on the sandbox alone."""

    exit_code = ExitCode.REFUSED
