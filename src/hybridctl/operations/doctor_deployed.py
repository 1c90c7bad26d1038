"""What of a deployed environment AWS still has as it was laid down: the parts that stop it when they are not."""

from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any

from hybridctl.domain.diagnosis import Finding, fail, ok, warn
from hybridctl.domain.logs.moments import Window
from hybridctl.domain.outputs import Outputs
from hybridctl.domain.tfstate import Resources
from hybridctl.errors import NotDeployed
from hybridctl.operations.doctor_check import Check
from hybridctl.ports import Backend, Clock


def deployed_checks(backend: Backend, clock: Clock, outputs: Outputs, laid_down: Resources) -> Iterator[Check]:
    """The looks; what was laid down is the state's, so that a rehearsal of other values is no fault."""
    looks = _Deployed(backend, clock, outputs, laid_down)
    yield Check("alias", looks.alias)
    yield Check("concurrency", looks.concurrency)
    yield Check("tables", looks.tables)
    yield Check("ttl", looks.time_to_live)
    yield Check("log", looks.log)


class _Deployed:
    def __init__(self, backend: Backend, clock: Clock, outputs: Outputs, laid_down: Resources) -> None:
        self._backend = backend
        self._clock = clock
        self._outputs = outputs
        self._laid_down = laid_down
        self._deploy = f"hybridctl deploy {backend.place.environment}"

    def alias(self) -> Finding:
        alias = self._backend.functions.live()
        name = self._backend.place.environment
        if alias is None:
            return fail("alias", "the function, or the alias that takes the traffic, is gone", self._deploy)
        published = [version.number for version in self._backend.functions.versions()]
        gone = sorted({alias.version, *alias.weights} - set(published))
        if gone:
            good = [version for version in published if version not in gone]
            fix = f"hybridctl rollback {name} --version {good[-1]}" if good else self._deploy
            return fail("alias", f"{alias.name} leads to version {gone[0]}, which is deleted", fix)
        if alias.weights and self._backend.journal.claim() is None:
            shares = ", ".join(f"{share:.0%} to version {version}" for version, share in alias.weights.items())
            fix = f"hybridctl rollback {name} --version {alias.version}"
            return fail("alias", f"{alias.name} gives {shares}, and no release is under way", fix)
        behind = f", newest is {published[-1]}" if published[-1] != alias.version else ""
        return ok("alias", f"{alias.name} serves version {alias.version}{behind}")

    def concurrency(self) -> Finding:
        """What is reserved now, against what Terraform laid down."""
        function = self._backend.function_settings.function()
        if function is None:
            return fail("concurrency", "the function, or its alias, is gone", self._deploy)
        known = _attribute(self._laid_down, "aws_lambda_function", "reserved_concurrent_executions", -1)
        now = -1 if function.reserved is None else function.reserved
        if now == 0:
            return fail("concurrency", "0 executions are reserved: every request is turned away", self._deploy)
        if known != now:
            return warn("concurrency", f"{_reserved(now)}, where Terraform left {_reserved(known)}", self._deploy)
        kept = self._backend.functions.provisioned()
        if kept and kept.ready < kept.wanted and kept.state != "IN_PROGRESS":
            told = f"{kept.ready} of {kept.wanted} environments are kept warm: {kept.state}"
            return fail("concurrency", told, f"{self._deploy}; hybridctl drift")
        return ok("concurrency", _reserved(now))

    def tables(self) -> Finding:
        troubles = []
        known = {str(one.attributes.get("name")): one.attributes for one in self._laid_down.of("aws_dynamodb_table")}
        for name, attributes in known.items():
            table = self._backend.tables.table(name)
            if table is None:
                troubles.append(f"{name} is gone")
            elif table.billing != attributes.get("billing_mode"):
                troubles.append(f"{name} is {table.billing}, where Terraform left {attributes.get('billing_mode')}")
        if troubles:
            return fail("tables", "; ".join(troubles), self._deploy)
        return ok("tables", f"{len(known)}, paid for as laid down")

    def time_to_live(self) -> Finding:
        wanted = [one for one in self._laid_down.of("aws_dynamodb_table") if _expires(one.attributes)]
        if not wanted:
            return ok("ttl", "no table lets its items expire")
        found = self._backend.sessions.time_to_live()
        attribute = _expires(wanted[0].attributes)
        if not found.is_on or found.attribute != attribute:
            told = found.status.lower() if not found.is_on else f"on {found.attribute}"
            return fail("ttl", f"TTL of {self._backend.sessions.table} is {told}, not on {attribute}", self._deploy)
        return ok("ttl", f"on {attribute}")

    def log(self) -> Finding:
        try:
            now = self._clock.now()
            self._backend.logs.page(Window(now - timedelta(seconds=1), now))
        except NotDeployed:
            return fail("log", f"the log group {self._outputs.log_group} is gone", self._deploy)
        return ok("log", self._outputs.log_group)


def _attribute(laid_down: Resources, kind: str, name: str, default: int) -> int:
    values = [one.attributes.get(name) for one in laid_down.of(kind)]
    return next((value for value in values if isinstance(value, int)), default)


def _expires(table: Mapping[str, Any]) -> str | None:
    """The attribute by which the items of a table expire."""
    return next((str(ttl["attribute_name"]) for ttl in table.get("ttl") or () if ttl.get("enabled")), None)


def _reserved(number: int) -> str:
    return "none reserved" if number < 0 else f"{number} reserved"
