"""How the tags of an object are read and changed: each service has its own calls, and one of two forms."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from hybridctl.sandbox.provider.values import Values


def tag_list(tags: Mapping[str, str] | None) -> list[dict[str, str]]:
    """Tags as the older services spell them."""
    return [{"Key": key, "Value": value} for key, value in (tags or {}).items()]


@dataclass(frozen=True, slots=True)
class TagCalls:
    """`owner` is the member that names the object, with the value of the attribute `attribute`.

    `listed` tells whether tags are a list of pairs or a map.
    """

    service: str
    owner: str = "ResourceARN"
    attribute: str = "arn"
    read: str = "list_tags_for_resource"
    add: str = "tag_resource"
    remove: str = "untag_resource"
    tags: str = "Tags"
    keys: str = "TagKeys"
    listed: bool = True

    def write(self, tags: Mapping[str, str] | None) -> Any:
        """Tags as this service takes them."""
        return tag_list(tags) if self.listed else dict(tags or {})

    def fetch(self, aws: Any, values: Values) -> dict[str, str]:
        """The tags of the object as AWS has them."""
        client, owner = aws(self.service), {self.owner: values[self.attribute]}
        pages = client.get_paginator(self.read).paginate(**owner) if client.can_paginate(self.read) else None
        found: dict[str, str] = {}
        for page in pages or [getattr(client, self.read)(**owner)]:
            tags = page.get(self.tags) or {}
            found |= {tag["Key"]: tag["Value"] for tag in tags} if self.listed else tags
        return found

    def change(self, aws: Any, prior: Values, planned: Values) -> None:
        """Give the object the tags that are planned, and take the others away."""
        client, owner = aws(self.service), {self.owner: prior[self.attribute]}
        wanted = planned["tags_all"] or {}
        removed = sorted((prior["tags_all"] or {}).keys() - wanted.keys())
        if removed:
            getattr(client, self.remove)(**owner, **{self.keys: removed})
        if wanted:
            getattr(client, self.add)(**owner, **{self.tags: self.write(wanted)})
