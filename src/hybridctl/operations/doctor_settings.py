"""Check that hybridctl.toml matches the deployed function."""

from typing import Protocol

from hybridctl.domain.agreement import ConfiguredFunction
from hybridctl.domain.diagnosis import Finding, fail, ok
from hybridctl.ports.resources import HasFunctionSettings
from hybridctl.ports.terraform import HasState


class SettingsPorts(HasFunctionSettings, HasState, Protocol):
    """The ports that the check of the function's settings uses."""


def look_at_settings(backend: SettingsPorts, wanted: ConfiguredFunction) -> Finding:
    """Compare runtime, architecture, handler, function and alias with what Terraform created. A difference names both
    values.
    """
    outputs = backend.state.outputs()
    if outputs is None:
        return ok("settings", "nothing is deployed to compare with")
    function = backend.function_settings.function()
    pairs = [("alias", wanted.alias, outputs.values.get("lambda_alias_name"))]
    if function is not None:
        pairs += [
            ("runtime", wanted.runtime, function.runtime),
            ("architecture", wanted.architecture, function.architecture),
            ("handler", wanted.handler, function.handler),
        ]
    known = [(name, mine, theirs) for name, mine, theirs in pairs if theirs and theirs != mine]
    different = [f"{name} is {mine}, but {theirs} is deployed" for name, mine, theirs in known]
    if different:
        fix = (
            "correct hybridctl.toml, or change the HCL and deploy: the "
            "package is built for the settings in hybridctl.toml"
        )
        return fail("settings", f"in hybridctl.toml the {'; the '.join(different)}", fix)
    return ok("settings", f"{wanted.runtime}, {wanted.architecture}, {wanted.handler}, as deployed")
