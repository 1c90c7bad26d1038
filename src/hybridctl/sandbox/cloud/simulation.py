"""iam:SimulatePrincipalPolicy with several resources and the caller's condition keys, which the emulator ignores.

Source: https://docs.aws.amazon.com/IAM/latest/APIReference/API_SimulatePrincipalPolicy.html
"""

import re
from collections.abc import Iterable, Mapping
from typing import Any
from xml.sax.saxutils import escape

from hybridctl.sandbox.cloud import emulator, iam_questions
from hybridctl.sandbox.home import ACCOUNT, REGION

_DECISIONS = {"Allow": "allowed", "Deny": "explicitDeny", "ImplicitDeny": "implicitDeny"}
_KEY = re.compile(r"ContextEntries\.member\.(\d+)\.ContextKeyName")


def install() -> None:
    """Raises EmulatorChanged if an upgrade moved a seam."""
    iam = emulator.service("iam", "_simulate_principal_policy").module
    known = "actions resource_arn principal_arn account_id policies"
    emulator.substitute(iam, "_build_simulate_results_real", known, _results)


def _results(actions: Iterable[str], resource: str, principal: str, account: str, policies: Any) -> str:
    """Return one result for each action on each resource."""
    del account
    evaluator = emulator.Parts("core.iam_evaluator", "EvalContext", "evaluate")
    parameters = iam_questions.request.get().parameters
    resources = [value for name, value in parameters.items() if name.startswith("ResourceArns.member.")]
    found = []
    for action in actions:
        for arn in resources or [resource]:
            context = evaluator["EvalContext"](
                principal_arn=principal,
                principal_type="AssumedRole",
                principal_account=ACCOUNT,
                action=action,
                resource_arn=arn,
                region=REGION,
                service_context=_context(parameters),
            )
            decision = _DECISIONS[evaluator["evaluate"](context, policies).decision]
            found.append(
                f"<member><EvalActionName>{escape(action)}</EvalActionName>"
                f"<EvalResourceName>{escape(arn)}</EvalResourceName><EvalDecision>{decision}</EvalDecision></member>"
            )
    return "".join(found)


def _context(parameters: Mapping[str, Any]) -> dict[str, str]:
    keys = [(found[1], value) for name, value in parameters.items() if (found := _KEY.fullmatch(name))]
    given = "ContextEntries.member.{}.ContextKeyValues.member.1"
    return {str(key).lower(): str(parameters.get(given.format(number), "")) for number, key in keys}
