"""The permissions of an engineer's role: all commands, destroying an environment, and creating the CI roles."""

from collections.abc import Sequence

from hybridctl.domain.environment import Names, Place
from hybridctl.domain.iam.grants import grants
from hybridctl.domain.iam.policy import Document, document, split


def engineer_policy(names: Names, place: Place) -> Document:
    """Return one document with all permissions, for an inline policy of an IAM Identity Center permission set (at most
    32,768 characters).
    """
    return document(grants(names, place))


def engineer_policies(names: Names, place: Place) -> Sequence[tuple[str, Document]]:
    """Return the same permissions as managed policies with names. A role can have ten managed policies."""
    parts = split(engineer_policy(names, place))
    return [(f"{names.stem}-engineer-{number}", part) for number, part in enumerate(parts, start=1)]
