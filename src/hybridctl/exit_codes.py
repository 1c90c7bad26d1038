"""The exit codes: one table for the code, `--help` and the docs."""

from enum import IntEnum, unique


@unique
class ExitCode(IntEnum):
    """The exit code of every command; `meaning` is its description."""

    meaning: str

    def __new__(cls, value: int, meaning: str) -> "ExitCode":
        member = int.__new__(cls, value)
        member._value_ = value
        member.meaning = meaning
        return member

    OK = 0, "success, or nothing to do"
    FAILED = 1, "failed; the message says what changed, if anything"
    USAGE = 2, "invalid usage or configuration"
    NOT_FOUND = 3, "not found: not deployed, no such version or session"
    CONFLICT = 4, "conflict: locked, alias moved, release in progress"
    CHECK_FAILED = 5, "a check failed"
    REFUSED = 6, "refused for safety: confirmation, account, protection"
    TAKEN_BACK = 7, "the release failed and was rolled back"
    OUTCOME_UNKNOWN = 8, "outcome unknown; the message says how to find out"
    INTERRUPTED = 130, "interrupted"
