"""IAM's answers where the emulator's are no XML: texts of the user's stand in them as they were given."""

from collections.abc import Mapping
from typing import Any
from xml.sax.saxutils import escape

from hybridctl.sandbox.cloud import emulator


class Roles:
    def __init__(self) -> None:
        self._iam = emulator.service("iam", "_lookup_policy", "_roles")

    def install(self) -> None:
        emulator.replace(self._iam.module, "_role_xml", "name boundary", self._role)
        emulator.replace(self._iam.module, "_managed_policy_xml", "arn usage_counts", self._policy)

    def _role(self, original: Any) -> Any:
        return lambda name, *more, **named: escaped(original(name, *more, **named), self._iam["_roles"][name])

    def _policy(self, original: Any) -> Any:
        return lambda arn, *more, **named: escaped(original(arn, *more, **named), self._iam["_lookup_policy"](arn))


def escaped(xml: str, record: Mapping[str, Any]) -> str:
    """The same answer with the record's description and tags as text in XML."""
    texts = [("Description", record.get("Description") or "")]
    texts += [(name, tag[name]) for tag in record.get("Tags") or () for name in ("Key", "Value")]
    for element, text in texts:
        xml = xml.replace(f"<{element}>{text}</{element}>", f"<{element}>{escape(text)}</{element}>")
    return xml
