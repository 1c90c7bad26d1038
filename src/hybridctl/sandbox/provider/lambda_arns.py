"""Names and ARNs of functions, as arguments and ids have them."""

import re

from hybridctl.sandbox.provider.resource import ResourceCall

FUNCTION = re.compile(
    r"(?P<place>arn:[\w-]+:lambda:[a-z0-9-]+:\d{12}:function:)?(?P<name>[\w-]+)(:(?P<qualifier>\$LATEST|[\w-]+))?"
)


def invoke_arn(call: ResourceCall, arn: str) -> str:
    """What API Gateway integrates with to invoke the function, version or alias `arn`."""
    path = f"path/2015-03-31/functions/{arn}/invocations"
    return f"arn:{call.partition}:apigateway:{call.region}:lambda:{path}"


def parts(text: str) -> tuple[str, str]:
    """The function's name and the qualifier ("" without) in a name or an ARN; the text itself where it is neither."""
    found = FUNCTION.fullmatch(text)
    return (found["name"], found["qualifier"] or "") if found else (text, "")


def same_function(old: object, new: object) -> bool:
    """True when a name and an ARN tell the same function."""
    return isinstance(old, str) and isinstance(new, str) and parts(old)[0] == parts(new)[0] and ":" in f"{old}{new}"
