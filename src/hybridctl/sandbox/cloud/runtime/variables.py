"""The environment variables of a function's process."""

import os
from collections.abc import Mapping
from typing import Any

from hybridctl.sandbox.home import REGION


def list_variables(
    config: Mapping[str, Any], *, task_root: str, stream: str, credentials: Mapping[str, str]
) -> dict[str, str]:
    """Return the function's environment variables, without those of the sandbox.

    Source: https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html (defined runtime variables)
    """
    name = str(config["FunctionName"])
    logging_config = config.get("LoggingConfig") or {}
    own = (config.get("Environment") or {}).get("Variables") or {}
    levels = {"AWS_LAMBDA_LOG_LEVEL": logging_config.get("ApplicationLogLevel")}
    return {
        "PATH": "/usr/local/bin:/usr/bin:/bin",
        "LANG": "en_US.UTF-8",
        "TZ": ":UTC",
        "AWS_ENDPOINT_URL": os.environ["AWS_ENDPOINT_URL"],
        "AWS_CONFIG_FILE": os.environ["AWS_CONFIG_FILE"],
        "AWS_SHARED_CREDENTIALS_FILE": os.environ["AWS_SHARED_CREDENTIALS_FILE"],
        "AWS_EC2_METADATA_DISABLED": "true",
        "NO_PROXY": "*",
        "AWS_XRAY_CONTEXT_MISSING": "LOG_ERROR",
        **own,
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
        **credentials,
        "AWS_EXECUTION_ENV": f"AWS_Lambda_{config.get('Runtime', 'python3.13')}",
        "AWS_LAMBDA_FUNCTION_NAME": name,
        "AWS_LAMBDA_FUNCTION_VERSION": str(config.get("Version", "$LATEST")),
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(config.get("MemorySize", 128)),
        "AWS_LAMBDA_LOG_GROUP_NAME": logging_config.get("LogGroup") or f"/aws/lambda/{name}",
        "AWS_LAMBDA_LOG_STREAM_NAME": stream,
        "AWS_LAMBDA_LOG_FORMAT": logging_config.get("LogFormat") or "Text",
        **{key: str(value) for key, value in levels.items() if value},
        "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
        "LAMBDA_TASK_ROOT": task_root,
        "_HANDLER": str(config.get("Handler", "")),
    }
