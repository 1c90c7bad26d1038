"""What a finished hybridctl tells the shell: one table for the code, `--help` and the docs."""

from enum import IntEnum, unique


@unique
class ExitCode(IntEnum):
    """The exit status of every command; `meaning` is the line printed for people."""

    meaning: str

    def __new__(cls, value: int, meaning: str) -> "ExitCode":
        member = int.__new__(cls, value)
        member._value_ = value
        member.meaning = meaning
        return member

    OK = 0, "done, or nothing to do"
    FAILED = 1, "failed: nothing changed, or the change is described"
    USAGE = 2, "usage or configuration"
    NOT_FOUND = 3, "not found: not deployed, no such version or session"
    CONFLICT = 4, "conflict: lock held, alias moved, release in progress"
    CHECK_FAILED = 5, "a check said no"
    REFUSED = 6, "refused for safety: consent, account, protection"
    TAKEN_BACK = 7, "the release failed and the previous one serves again"
    OUTCOME_UNKNOWN = 8, "outcome unknown: the message says how to find out"
    INTERRUPTED = 130, "interrupted"
