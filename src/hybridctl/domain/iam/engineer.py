"""What an engineer's role needs: every command, taking an environment down, and making the roles of CI."""

from collections.abc import Sequence

from hybridctl.domain.environment import Names, Place
from hybridctl.domain.iam.grants import grants
from hybridctl.domain.iam.policy import Document, document, split


def engineer_policy(names: Names, place: Place) -> Document:
    """All of it in one document, as a permission set of IAM Identity Center takes it inline (32,768 characters)."""
    return document(grants(names, place))


def engineer_policies(names: Names, place: Place) -> Sequence[tuple[str, Document]]:
    """The same as managed policies, each with its name: a role takes ten of them."""
    parts = split(engineer_policy(names, place))
    return [(f"{names.stem}-engineer-{number}", part) for number, part in enumerate(parts, start=1)]
