"""Reads of one Lambda function and of what belongs to it, each by the name of its operation."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from hybridctl.adapters.aws.errors import GONE, explain_failures, read_optional

_ABSENT = (GONE, "NotFoundException", "NoSuchEntity", "ProvisionedConcurrencyConfigNotFoundException")
_DENIED = ("AccessDenied", "AccessDeniedException")


@dataclass
class FunctionReader:
    """Reads of the function `name`; `open_client` makes a client by its service's name."""

    open_client: Callable[[str], Any]
    name: str

    def call(self, service: str, operation: str, **asked: Any) -> Mapping[str, Any]:
        with explain_failures(self._describe(operation)):
            answer: Mapping[str, Any] = getattr(self.open_client(service), operation)(**asked)
            return answer

    def find(self, service: str, operation: str, **asked: Any) -> Mapping[str, Any] | None:
        """Return the answer, or None if the object does not exist or the credentials may not read it from IAM."""
        absent = (*_ABSENT, *(_DENIED if service == "iam" else ()))
        call = getattr(self.open_client(service), operation)
        return read_optional(self._describe(operation), lambda: call(**asked), *absent)

    def pages(self, service: str, operation: str, member: str, **asked: Any) -> Iterator[Any]:
        """Yield the members of all pages."""
        with explain_failures(self._describe(operation)):
            for page in self.open_client(service).get_paginator(operation).paginate(**asked):
                yield from page.get(member, ())

    def _describe(self, operation: str) -> str:
        return f"reading {self.name}: {operation}"


def leave_out_aws(tags: Mapping[str, str]) -> dict[str, str]:
    """Return the tags without those that AWS sets."""
    return {name: value for name, value in tags.items() if not name.startswith("aws:")}
