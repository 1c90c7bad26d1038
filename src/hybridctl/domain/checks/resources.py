"""Checks of what serves requests: alias, function, and tables."""

from collections.abc import Iterator, Mapping
from typing import Any

from hybridctl.domain.counting import count_noun
from hybridctl.domain.diagnosis import Finding, busy, fail, ok, unknown, warn
from hybridctl.domain.facts import Facts, Unread, require, value_or_none
from hybridctl.domain.history import last_live_version
from hybridctl.domain.release import UNPUBLISHED, Alias, Kind, Outcome, Release
from hybridctl.domain.table import TableSettings

_FUNCTION, _TABLE = "aws_lambda_function", "aws_dynamodb_table"


def alias(facts: Facts) -> Finding:
    """Check that the alias points where the last record says, to a verified version."""
    found, deploy = require(facts.alias), deploy_command(facts)
    if found is None:
        return fail("alias", "the function, or the alias that serves traffic, no longer exists", deploy)
    if published := require(facts.published):
        gone = sorted({found.version, *found.weights} - set(published))
        good = [version for version in published if version not in gone]
        if gone:
            live = last_live_version(require(facts.history))
            to = live if live in good else next(reversed(good), None)  # the newest may be one that was taken back
            fix = f"hybridctl rollback {facts.place.environment} --version {to}" if to else deploy
            if gone == [UNPUBLISHED]:
                return fail("alias", f"{found.name} points to $LATEST: every change is live before it is proven", fix)
            return fail("alias", f"{found.name} points to version {gone[0]}, which was deleted", fix)
    history, claim = require(facts.history), require(facts.claim)
    return _at_rest(found, history, facts) if claim is None else _while_releasing(found, claim.release)


def _while_releasing(alias: Alias, release: Release) -> Finding:
    expected = {release.version_before, release.version_after}
    if release.rollout is not None:
        expected |= {release.rollout.old, release.rollout.new}
    if {alias.version, *alias.weights} <= expected or expected == {None}:
        return ok("alias", f"{_traffic(alias)}, while release {release.id} is in progress")
    return warn("alias", f"{_traffic(alias)}, not set by release {release.id}", "hybridctl releases")


def _at_rest(alias: Alias, history: tuple[Release, ...], facts: Facts) -> Finding:
    name, expected = facts.place.environment, last_live_version(history)
    if alias.weights:
        if is_allocating(alias, facts):
            kept = value_or_none(facts.provisioned)
            if kept is not None and kept.has_failed:
                fix = f"hybridctl rollback {name} --version {alias.held_at}"
                return warn("alias", f"{_traffic(alias)}: Lambda could not warm the new version: {kept.state}", fix)
            return busy("alias", f"{_traffic(alias)}: Lambda moves it once the new version is warm")
        fix = f"hybridctl rollback {name} --version {alias.version}"
        return warn("alias", f"{_traffic(alias)}, and no release did that", fix)
    if expected is None:
        return warn("alias", f"version {alias.version} serves, but no release has verified it", deploy_command(facts))
    if expected != alias.version:
        what = (
            f"{alias.name} was moved outside hybridctl: it serves version "
            f"{alias.version}, the last release left it at {expected}"
        )
        return warn("alias", what, f"hybridctl rollback {name} --version {expected}")
    last = next(one for one in reversed(history) if one.outcome is Outcome.LIVE and one.version_after is not None)
    if not last.verified:
        return warn(
            "alias", f"version {alias.version} serves, but its release did not verify it", deploy_command(facts)
        )
    function = value_or_none(facts.function)
    sha = function.sha256 if function else ""
    if last.kind is Kind.DEPLOY and last.package_sha256 and sha and sha != last.package_sha256:
        return warn(
            "alias",
            f"version {alias.version} does not contain the package that was released as it",
            deploy_command(facts),
        )
    newest = facts.outputs.newest if facts.outputs else None
    behind = f", newest is {newest}" if newest not in (None, alias.version) else ""
    return ok("alias", f"{alias.name} serves version {alias.version}{behind}")


def is_allocating(alias: Alias, facts: Facts) -> bool:
    """Return whether Lambda set these weights: it keeps all traffic on the old version while it warms the new one."""
    return not isinstance(facts.provisioned, Unread) and alias.is_allocating(facts.provisioned)


def function(facts: Facts) -> Finding:
    found = require(facts.function)
    if found is None:
        return fail(
            "function", "the function, or the version behind its alias, no longer exists", deploy_command(facts)
        )
    reason = f": {found.state_reason}" if found.state_reason else ""
    match found.state:
        case "Active":
            return ok("function", f"{found.memory_mb} MB, {found.architecture}")
        case "Pending":
            return busy("function", f"Lambda is still preparing the function{reason}")
        case "Inactive":
            return warn(
                "function",
                f"Lambda has made the function inactive{reason}",
                f"hybridctl smoke {facts.place.environment}",
            )
        case "Failed":
            return fail("function", f"Lambda cannot run the function{reason}", deploy_command(facts))
    return unknown("function", f"unknown function state {found.state!r}{reason}")


def concurrency(facts: Facts) -> Finding:
    """Compare the reserved and provisioned concurrency with what Terraform set."""
    found, kept = require(facts.function), require(facts.provisioned)
    if found is None:
        return fail("concurrency", "the function, or its alias, no longer exists", deploy_command(facts))
    now = -1 if found.reserved is None else found.reserved
    if now == 0:
        return fail("concurrency", "reserved concurrency is 0: every request is throttled", deploy_command(facts))
    set_to = _find_configured(facts, _FUNCTION).get("reserved_concurrent_executions", -1)
    if isinstance(set_to, int) and set_to != now:
        return warn(
            "concurrency",
            f"{_describe_reserved(now)}, but Terraform set {_describe_reserved(set_to)}",
            deploy_command(facts),
        )
    wanted = _find_configured(facts, "aws_lambda_provisioned_concurrency_config").get(
        "provisioned_concurrent_executions"
    )
    if isinstance(wanted, int) and wanted != (kept.wanted if kept else 0):
        summary = f"{count_noun(kept.wanted if kept else 0, 'environment')} kept warm, but Terraform set {wanted}"
        return warn("concurrency", summary, deploy_command(facts))
    if kept and kept.ready < kept.wanted:
        summary = f"{kept.ready} of {count_noun(kept.wanted, 'environment')} warm: {kept.state}"
        if kept.state.upper().startswith("IN_PROGRESS"):
            return busy("concurrency", summary)
        return warn("concurrency", summary, deploy_command(facts))
    return ok("concurrency", _describe_reserved(now))


def by_hand(facts: Facts) -> Finding:
    """Compare $LATEST, which the next release would publish, with what Terraform set. Live traffic does not use it."""
    changes = require(facts.unpublished)
    laid_down = _find_configured(facts, _FUNCTION)
    if changes is None or not laid_down:
        return ok("by hand", "nothing to compare with")
    pairs = {
        "memory_size": (laid_down.get("memory_size"), changes.memory_mb),
        "timeout": (laid_down.get("timeout"), changes.timeout),
        "runtime": (laid_down.get("runtime"), changes.runtime),
        "handler": (laid_down.get("handler"), changes.handler),
    }
    changed = [name for name, (left, now) in pairs.items() if left not in (None, "") and left != now]
    blocks = laid_down.get("environment")
    if not changes.variables_unread and isinstance(blocks, list) and all(isinstance(one, Mapping) for one in blocks):
        left = (blocks[0].get("variables") or {}) if blocks else {}
        changed += sorted(key for key in {*left, *changes.variables} if left.get(key) != changes.variables.get(key))
    if changed:
        return warn("by hand", f"changed by hand, not yet live: {', '.join(changed)}", deploy_command(facts))
    if changes.variables_unread:
        summary = f"the environment variables were not compared: {changes.variables_unread}"
        return unknown("by hand", summary, "allow these credentials kms:Decrypt with the function's key")
    return ok("by hand", "no manual changes")


# Source: amazondynamodb/latest/APIReference/API_TableDescription.html, TableStatus.
_WHY = {
    "INACCESSIBLE_ENCRYPTION_CREDENTIALS": ": its KMS key cannot be used; enable the key, or correct its policy",
    "ARCHIVED": ": its KMS key was unusable for seven days; restore the table from its backup",
    "ARCHIVING": ": its KMS key was unusable for seven days",
}


_PASSING = ("CREATING", "DELETING")  # of a table or an index: it cannot be read
_NOT_USABLE = (*_PASSING, *_WHY)


def tables(facts: Facts) -> Finding:
    gone, changed, unusable, found = [], [], [], require(facts.tables)
    billing = {
        str(one.attributes.get("name")): one.attributes.get("billing_mode") for one in facts.resources.of(_TABLE)
    }
    for name, table in found.items():
        if table is None:
            gone.append(f"{name} no longer exists")
        elif table.status in _NOT_USABLE:
            gone.append(f"{name} is {table.status}{_WHY.get(table.status, '')}")
        elif indexes := sorted(index for index, word in table.unusable.items() if word in _PASSING):
            unusable += [f"the index {index} of {name} is {table.unusable[index]}" for index in indexes]
        elif billing.get(name) not in (None, table.billing):
            changed.append(f"{name} is {table.billing}, but Terraform set {billing[name]}")
    if gone:
        return fail("tables", "; ".join([*gone, *changed]), deploy_command(facts))
    if unusable:
        summary = f"{'; '.join(unusable)}: queries of it fail until it is ACTIVE"
        return fail("tables", summary, f"hybridctl status {facts.place.environment} --watch")
    if unclear := [words for name, table in found.items() if table for words in _find_unclear(name, table)]:
        return unknown("tables", "; ".join([*unclear, *changed]))
    if changed:
        return warn("tables", "; ".join(changed), deploy_command(facts))
    billed = f"{count_noun(len(found), 'table')}, billing mode as configured"
    return ok("tables", billed if found else "there are no tables")


def _find_unclear(name: str, table: TableSettings) -> Iterator[str]:
    """Describe the states of a table and its indexes that this version does not know."""
    if table.status not in ("ACTIVE", "UPDATING", *_NOT_USABLE):
        yield f"{name} is in the unknown state {table.status!r}"
    for index, word in sorted(table.unusable.items()):
        if word not in _PASSING:
            yield f"the index {index} of {name} is in the unknown state {word!r}"


def time_to_live(facts: Facts) -> Finding:
    tables = require(facts.tables)
    laid_down = {str(one.attributes.get("name")): expires_by(one.attributes) for one in facts.resources.of(_TABLE)}
    wanted = {name: attribute for name, attribute in laid_down.items() if attribute is not None}
    off = []
    for name, attribute in wanted.items():
        table = tables.get(name)
        if table is not None and table.expires_by != attribute:
            setting = f"on {table.expires_by}" if table.expires_by else table.ttl.lower() or "off"
            off.append(f"TTL of {name} is {setting}, not on {attribute}")
    if off:
        return warn("ttl", "; ".join(off), deploy_command(facts))
    return ok("ttl", f"on {', '.join(sorted(set(wanted.values())))}" if wanted else "no table uses TTL")


def expires_by(table: Mapping[str, Any]) -> str | None:
    """Return the TTL attribute of a table as Terraform set it, or None."""
    blocks = table.get("ttl") or ()
    return next((str(ttl["attribute_name"]) for ttl in blocks if ttl.get("enabled")), None)


def _traffic(alias: Alias) -> str:
    shares = "".join(f", {share:.0%} of requests version {version}" for version, share in alias.weights.items())
    return f"{alias.name} serves version {alias.version}{shares}"


def _find_configured(facts: Facts, kind: str) -> Mapping[str, Any]:
    attributes = [one.attributes for one in facts.resources.of(kind)]
    named = facts.outputs.values.get("lambda_function_name") if facts.outputs else None
    ours = [one for one in attributes if named and one.get("function_name") == named]  # not a worker's
    return next(iter(ours or attributes), {})


def _describe_reserved(number: int) -> str:
    return "no reserved concurrency" if number < 0 else f"{number} reserved"


def deploy_command(facts: Facts) -> str:
    return f"hybridctl deploy {facts.place.environment}"
