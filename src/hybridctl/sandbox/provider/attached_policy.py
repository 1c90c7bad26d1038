"""A policy that is a resource of its own and belongs to another object, such as a topic's or a queue's."""

from abc import abstractmethod
from typing import ClassVar

from hybridctl.sandbox.provider.json_text import normalise
from hybridctl.sandbox.provider.resource import ResourceCall, ResourceType
from hybridctl.sandbox.provider.values import Values, json_same


class AttachedPolicy(ResourceType):
    """Its argument `policy` is JSON; the object is named by the first of `names`, which is also the id."""

    documents: ClassVar = {"policy": normalise}
    equal: ClassVar = {"policy": json_same}

    @abstractmethod
    def put(self, call: ResourceCall, owner: str, policy: str) -> None:
        """Set the policy of the object `owner`."""

    def create(self, call: ResourceCall, planned: Values) -> str:
        owner = str(planned[self.names[0]])
        self.put(call, owner, planned["policy"])
        return owner

    def update(self, call: ResourceCall, prior: Values, planned: Values, changed: frozenset[str]) -> None:
        del changed
        self.put(call, prior["id"], planned["policy"])
