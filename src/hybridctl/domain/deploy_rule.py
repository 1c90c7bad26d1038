"""The rules that a deploy follows unless `--allow` waives one for one object."""

from enum import StrEnum, unique


@unique
class DeployRule(StrEnum):
    """A rule by the name that a refusal and `--allow` use. See `policy`, and `withdrawal` for the last one."""

    TABLE_DESTROYED = "table-destroyed"
    LOG_GROUP_DESTROYED = "log-group-destroyed"
    ALIAS_DESTROYED = "alias-destroyed"
    PROTECTION_LIFTED = "protection-lifted"
    WILDCARD_ACTION = "wildcard-action"
    OPEN_ORIGINS = "open-origins"
    PUBLIC_BUCKET = "public-bucket"
    UNPROVEN_TRIGGER = "unproven-trigger"
    ROLLED_BACK_BUILD = "rolled-back-build"

    def allow(self, subject: str) -> str:
        """Return the value for `--allow`. The subject is a resource's address, or a build."""
        return f"{self}:{subject}"
