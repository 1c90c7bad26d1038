"""A botocore session that ignores this machine's AWS settings, and the endpoints that those settings configure."""

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from botocore.session import Session

_VARIABLE = "AWS_ENDPOINT_URL"
_EMPTY_FILES = ("config_file", "credentials_file")


def make_isolated_session() -> "Session":
    """Create a session that ignores all AWS_ variables, profiles and configuration files, however broken they are.

    botocore reads each setting from a variable and from the files, unless `session_vars` sets another rule. Here every
    setting has its default.
    """
    from botocore.configprovider import BOTOCORE_DEFAUT_SESSION_VARIABLES, ConstantProvider
    from botocore.session import Session

    rules = {
        name: (None, None, os.devnull if name in _EMPTY_FILES else default, conversion)
        for name, (_, _, default, conversion) in BOTOCORE_DEFAUT_SESSION_VARIABLES.items()
    }
    session = Session(session_vars=rules)
    for section in ("s3", "proxies_config"):
        session.get_component("config_store").set_config_provider(section, ConstantProvider(None))
    return session


def find_configured_endpoints(session: "Session", environ: Mapping[str, str]) -> list[str]:
    """Return the user's settings that send calls to an endpoint other than AWS, each as "NAME=address": variables
    first, then the profile.

    Source: https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html .
    """
    if str(session.get_config_variable("ignore_configured_endpoint_urls")).lower() == "true":
        return []
    variables = [f"{name}={value}" for name, value in sorted(environ.items()) if name.startswith(_VARIABLE) and value]
    profile = session.get_scoped_config()
    if url := profile.get("endpoint_url"):
        variables.append(f"endpoint_url={url}")
    services = session.full_config.get("services", {}).get(profile.get("services"), {})
    for name, settings in services.items():
        if isinstance(settings, Mapping) and (url := settings.get("endpoint_url")):
            variables.append(f"{name}.endpoint_url={url}")
    return variables
