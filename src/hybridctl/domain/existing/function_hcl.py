"""HCL for the function and its alias."""

from collections.abc import Iterator, Sequence

from hybridctl.domain.existing.function import LiveFunction
from hybridctl.domain.existing.hcl import HclBlock, Raw, literal
from hybridctl.domain.existing.parts import FUNCTION, block_on_aws, unless_rehearsed


def render_function(function: LiveFunction, kept: Sequence[str]) -> HclBlock:
    raw = function.configuration
    arguments = {
        "function_name": function.name,
        "description": raw.get("Description") or None,
        "role": Raw("aws_iam_role.function.arn") if function.owns_role else function.role.arn,
        "filename": Raw("var.package"),
        "source_code_hash": Raw("filebase64sha256(var.package)"),
        "handler": function.handler,
        "runtime": function.runtime,
        "architectures": [function.architecture],
        "memory_size": raw.get("MemorySize", 128),
        "timeout": raw.get("Timeout", 3),
        "reserved_concurrent_executions": function.reserved,
        "kms_key_arn": unless_rehearsed(raw.get("KMSKeyArn")),
        "code_signing_config_arn": unless_rehearsed(raw.get("CodeSigningConfigArn")),
        "layers": unless_rehearsed([one["Arn"] for one in raw.get("Layers", ())]),
        "publish": True,
        "tags": function.tags or None,
    }
    return HclBlock(
        'resource "aws_lambda_function" "this"',
        arguments,
        (*_blocks_of(function), *_lifecycle(function, kept)),
        comment="Each change publishes a version. hybridctl moves the alias to release it or to roll back.",
    )


def _blocks_of(function: LiveFunction) -> Iterator[HclBlock]:
    raw, secrets = function.configuration, function.secrets
    if function.variables:
        plain = {name: value for name, value in sorted(function.variables.items()) if name not in secrets}
        if not secrets:
            yield HclBlock("environment", {"variables": plain})
        else:
            yield HclBlock("environment", {"variables": Raw("merge(var.placeholders, local.variables)")})
    if (size := raw.get("EphemeralStorage", {}).get("Size", 512)) != 512:
        yield HclBlock("ephemeral_storage", {"size": size})
    if (mode := raw.get("TracingConfig", {}).get("Mode", "PassThrough")) != "PassThrough":
        yield HclBlock("tracing_config", {"mode": mode})
    logging = raw.get("LoggingConfig", {})
    if logging.get("LogFormat", "Text") != "Text" or not function.owns_group:
        yield HclBlock(
            "logging_config",
            {
                "log_format": logging.get("LogFormat", "Text"),
                "log_group": None if function.owns_group else function.group.name,
                "application_log_level": logging.get("ApplicationLogLevel"),
                "system_log_level": logging.get("SystemLogLevel"),
            },
        )
    if target := raw.get("DeadLetterConfig", {}).get("TargetArn"):
        yield block_on_aws("dead_letter_config", {"target_arn": target})
    for one in raw.get("FileSystemConfigs", ()):
        yield block_on_aws("file_system_config", {"arn": one["Arn"], "local_mount_path": one["LocalMountPath"]})
    if (apply_on := raw.get("SnapStart", {}).get("ApplyOn", "None")) != "None":
        yield block_on_aws("snap_start", {"apply_on": apply_on})
    if (vpc := raw.get("VpcConfig", {})).get("SubnetIds"):
        yield block_on_aws(
            "vpc_config",
            {
                "subnet_ids": sorted(vpc["SubnetIds"]),
                "security_group_ids": sorted(vpc["SecurityGroupIds"]),
                "ipv6_allowed_for_dual_stack": vpc.get("Ipv6AllowedForDualStack") or None,
            },
        )


def _lifecycle(function: LiveFunction, kept: Sequence[str]) -> Iterator[HclBlock]:
    """Yield the lifecycle block for what Terraform must not change: secret values, and arguments that the sandbox does
    not support.
    """
    secrets = [Raw(f"environment[0].variables[{literal(name)}]") for name in function.secrets]
    reasons = ["secrets: their values stay in AWS alone"] if secrets else []
    reasons += ["the sandbox does not carry these out"] if kept else []
    if reasons:
        ignored = [*secrets, *map(Raw, kept)]
        yield HclBlock("lifecycle", {"ignore_changes": ignored}, comment="; ".join(reasons))


def only_on_aws(function: LiveFunction) -> list[str]:
    """Return the function's arguments that the sandbox does not support."""
    raw = function.configuration
    settings = {
        "code_signing_config_arn": raw.get("CodeSigningConfigArn"),
        "dead_letter_config": raw.get("DeadLetterConfig", {}).get("TargetArn"),
        "file_system_config": raw.get("FileSystemConfigs"),
        "kms_key_arn": raw.get("KMSKeyArn"),
        "layers": raw.get("Layers"),
        "snap_start": raw.get("SnapStart", {}).get("ApplyOn", "None") != "None",
        "vpc_config": raw.get("VpcConfig", {}).get("SubnetIds"),
    }
    return [name for name, value in settings.items() if value]


def render_alias(function: LiveFunction) -> HclBlock:
    return HclBlock(
        'resource "aws_lambda_alias" "live"',
        {
            "name": function.alias_name,
            "description": (function.alias.description or None) if function.alias else None,
            "function_name": FUNCTION,
            "function_version": Raw("aws_lambda_function.this.version"),
        },
        (
            HclBlock(
                "lifecycle",
                {"ignore_changes": [Raw("function_version"), Raw("routing_config")]},
                comment="so that no apply undoes a rollback",
            ),
        ),
    )
