"""Views of the state's addresses, a resource's attributes, and the lock."""

import json

from rich.console import Group, RenderableType
from rich.text import Text

from hybridctl.domain.counting import count_noun
from hybridctl.domain.release import UnreadableClaim
from hybridctl.domain.state_lock import StateLock
from hybridctl.domain.tfstate import Resource, Resources
from hybridctl.durations import describe_duration
from hybridctl.operations.tfstate import Holders, Pushed, Restorable, Restored, SetAside, Unlocked
from hybridctl.views.render import render
from hybridctl.views.rows import Rows


@render.register
def _(resources: Resources) -> Text:
    return Text("\n".join(resource.address for resource in resources.found), no_wrap=True, overflow="ignore")


@render.register
def _(resource: Resource) -> RenderableType:
    attributes = sorted(resource.attributes.items())
    rows = Rows((name, value if isinstance(value, str) else json.dumps(value)) for name, value in attributes)
    return Group(Text(resource.address, style="bold", no_wrap=True, overflow="ignore"), rows)


@render.register
def _(lock: StateLock) -> Text:
    age, since = describe_duration(lock.age), f"since {lock.created:%Y-%m-%d %H:%M} UTC"
    if lock.unreadable:
        return Text(f"locked for {age} by an unknown holder ({since}): the lock is unreadable, {lock.unreadable}")
    dead = "; its Terraform process is dead" if lock.is_dead else ""
    return Text(f"locked for {age} by {lock.who} ({lock.work}, {since}{dead})")


@render.register
def _(holders: Holders) -> RenderableType:
    parts: list[RenderableType] = [render(holders.lock)] if holders.lock else []
    if isinstance(holders.claim, UnreadableClaim):
        parts.append(render(holders.claim))
    elif holders.claim:
        held = holders.claim.release
        by = f"{held.actor} on {held.host}, since {held.started:%Y-%m-%d %H:%M} UTC"
        dead = "; its process is dead" if holders.claim.orphaned else ""
        parts.append(Text(f"held by {held.kind} {held.id} ({by}{dead})"))
    return Group(*parts)


@render.register
def _(claim: UnreadableClaim) -> Text:
    age, since = describe_duration(claim.age), f"since {claim.written:%Y-%m-%d %H:%M} UTC"
    return Text(f"held for {age} by an unknown holder ({since}): {claim.key} is unreadable, {claim.reason}")


@render.register
def _(unlocked: Unlocked) -> Text:
    held = [unlocked.lock.who or "an unreadable lock"] if unlocked.lock else []
    held += [f"{unlocked.release.kind} {unlocked.release.id}"] if unlocked.release else []
    held = held or ["an unreadable claim"]
    return Text(f"{unlocked.environment} is unlocked; it was held by {' and '.join(held)}")


@render.register
def _(pushed: Pushed) -> Text:
    return Text(f"{pushed.file.name} is now the state of {pushed.environment}; the file was deleted")


@render.register
def _(found: Restorable) -> Text:
    earlier = found.earlier
    then = f", written {earlier.written:%Y-%m-%d %H:%M} UTC" if earlier.written else ""
    now = found.now.why or "it is gone"
    what = f"serial {earlier.serial} with {count_noun(earlier.resources, 'resource')}{then}"
    return Text(f"the state of {found.environment}: {now}; the newest readable one is {what}")


@render.register
def _(restored: Restored) -> Text:
    name = restored.environment
    return Text(
        f"the state of {name} is serial {restored.serial} again; hybridctl deploy {name} imports what was created since"
    )


@render.register
def _(kept: SetAside) -> Text:
    name = kept.environment
    return Text(f"moved to {kept.file}; hybridctl deploy {name} continues without it and imports what exists")
