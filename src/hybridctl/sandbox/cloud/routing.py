"""Choose the version for each request to an alias by its weights; the emulator always uses the alias's own version."""

from collections.abc import Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from random import Random
from typing import Any

from hybridctl.sandbox.cloud import emulator

UNWEIGHTED = "$LATEST"


@dataclass(frozen=True, slots=True)
class GatewayRoute:
    """How a function was addressed: by which alias or version, and the chosen version."""

    function: str
    qualifier: str | None = None
    is_alias: bool = False
    version: str | None = None

    @property
    def resource(self) -> str:
        """Return the `Resource` dimension of AWS/Lambda."""
        return f"{self.function}:{self.qualifier}" if self.qualifier else self.function


current: ContextVar[GatewayRoute | None] = ContextVar("route", default=None)


def choose(alias: Mapping[str, Any], random: Random) -> str:
    """Choose the version for one request: an additional version by its weight, the alias's own otherwise."""
    drawn = random.random()
    for version, weight in ((alias.get("RoutingConfig") or {}).get("AdditionalVersionWeights") or {}).items():
        if drawn < weight:
            return str(version)
        drawn -= weight
    return str(alias.get("FunctionVersion", UNWEIGHTED))


class Router:
    """Chooses each invocation's version, and keeps it in `current` for metrics and the handler's context."""

    def __init__(self, random: Random) -> None:
        self._random = random
        self._lambda = emulator.service("lambda_svc", "_functions", "_resolve_name_and_qualifier")

    def install(self) -> None:
        direct = "name event headers path_qualifier query_params"
        emulator.replace(self._lambda.module, "_invoke", direct, self._invoke)
        emulator.replace(self._lambda.module, "_get_func_record_for_ref", "function_ref", self._resolve)

    def route(self, function: str, qualifier: str | None) -> GatewayRoute:
        aliases = (self._lambda["_functions"].get(function) or {}).get("aliases", {})
        if qualifier in aliases:
            return GatewayRoute(function, qualifier, True, choose(aliases[qualifier], self._random))
        return GatewayRoute(function, qualifier, False, qualifier)

    async def _invoke(
        self,
        original: emulator.Handler,
        name: str,
        event: Any,
        headers: dict[str, str],
        path_qualifier: str | None = None,
        query_params: dict[str, list[str]] | None = None,
    ) -> emulator.Answer:
        named = (query_params or {}).get("Qualifier")
        route = self.route(name, path_qualifier or (named[0] if named else None))
        current.set(route)
        return await original(name, event, headers, route.version, query_params)

    def _resolve(self, original: Any, reference: str) -> Any:
        name, qualifier = self._lambda["_resolve_name_and_qualifier"](reference)
        route = self.route(name, qualifier)
        current.set(route)
        if route.is_alias and reference.endswith(f":{qualifier}"):
            return original(f"{reference.removesuffix(f':{qualifier}')}:{route.version}")
        return original(reference)
