"""A release as the JSON object that is kept of it, and back."""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any

from hybridctl.domain.release import Decision, Kind, Outcome, Release, Rollout, Source, Step


def to_record(release: Release) -> dict[str, Any]:
    """The JSON form of a release, `format` 1."""
    return {"format": 1, **_plain(asdict(release))}


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _plain(member) for name, member in value.items()}
    return value.isoformat() if isinstance(value, datetime) else value


def from_record(record: Mapping[str, Any]) -> Release:
    """A release from its JSON form; members of a newer format that are not known here are passed over."""
    known = {name: value for name, value in record.items() if name in Release.__dataclass_fields__}
    return Release(
        **known
        | {
            "kind": Kind(record["kind"]),
            "outcome": Outcome(record["outcome"]),
            "started": datetime.fromisoformat(record["started"]),
            "finished": datetime.fromisoformat(record["finished"]) if record.get("finished") else None,
            "source": Source(**record["source"]),
            "allowed": tuple(record.get("allowed", ())),
            "steps": tuple(Step(**step) for step in record["steps"]),
            "rollout": _rollout(record.get("rollout")),
            "decision": _decision(record.get("decision")),
        }
    )


def _rollout(record: Mapping[str, Any] | None) -> Rollout | None:
    if record is None:
        return None
    known = {name: value for name, value in record.items() if name in Rollout.__dataclass_fields__}
    since = datetime.fromisoformat(record["since"]) if record.get("since") else None
    lists = {name: tuple(record.get(name, ())) for name in ("stop_alarms", "red_before")}
    return Rollout(**known | {"since": since} | lists)


def _decision(record: Mapping[str, Any] | None) -> Decision | None:
    if record is None:
        return None
    return Decision(record["verb"], record["actor"], record["host"], datetime.fromisoformat(record["at"]))
