"""Messages about releases, and their formats."""

from typing import Any

from hybridctl.domain.notify import TEAMS
from hybridctl.domain.release import Outcome, Release

_LONGEST = 600  # characters of a reason or a failure; the record contains the whole text


def is_news(release: Release) -> bool:
    """Return whether the release has ended."""
    return release.outcome is not Outcome.RUNNING


def describe_release(project: str, release: Release) -> str:
    """Describe a release: one line for what happened, then the reason and the failure, if any."""
    ended = release.decision.past if release.decision else release.outcome.label
    by = release.decision.actor if release.decision else release.actor
    parts = [f"{project} {release.environment}: {release.kind} {ended}"]
    if release.outcome is Outcome.TAKEN_BACK and release.version_before is not None:
        parts.append(f"version {release.version_before} serves again")
    elif release.version_after is not None:
        before = f"{release.version_before} → " if release.version_before is not None else ""
        parts.append(f"version {before}{release.version_after}")
    lines = [f"{', '.join(parts)}, by {by} ({release.id})"]
    return "\n".join([*lines, *(_cut(text) for text in (release.reason, release.message) if text)])


def webhook_body(form: str, text: str) -> dict[str, Any]:
    """Return the body of a webhook's request.

    Slack: `text`, with &, < and > escaped (https://api.slack.com/messaging/webhooks). Teams: an Adaptive Card, the only
    format that its Workflows accept:
    https://learn.microsoft.com/en-us/microsoftteams/platform/webhooks-and-connectors/how-to/connectors-using
    """
    if form == TEAMS:
        blocks = [{"type": "TextBlock", "text": line, "wrap": True} for line in text.splitlines()]
        card = {
            "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
            "type": "AdaptiveCard",
            "version": "1.2",
            "body": blocks,
        }
        attachment = {"contentType": "application/vnd.microsoft.card.adaptive", "contentUrl": None, "content": card}
        return {"type": "message", "attachments": [attachment]}
    return {"text": text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")}


def _cut(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _LONGEST else f"{line[: _LONGEST - 1]}…"
