"""Lambda: aws_lambda_function, of a zip file."""

from collections.abc import Iterable, Iterator
from typing import Any, ClassVar

from hybridctl.sandbox.provider.lambda_arns import invoke_arn
from hybridctl.sandbox.provider.lambda_package import read_package
from hybridctl.sandbox.provider.resource import Problem, ResourceCall, ResourceChange, ResourceType
from hybridctl.sandbox.provider.tag_calls import TagCalls
from hybridctl.sandbox.provider.values import UNKNOWN, Values, drop_unknown, is_empty

# What UpdateFunctionConfiguration takes.
SETTINGS = (
    "description",
    "environment",
    "ephemeral_storage",
    "handler",
    "logging_config",
    "memory_size",
    "role",
    "runtime",
    "timeout",
    "tracing_config",
)
DEFAULTS = {"EphemeralStorage": {"Size": 512}, "PackageType": "Zip", "TracingConfig": {"Mode": "PassThrough"}}
CODE = ("architectures", "filename", "source_code_hash")
VERSION = ("version", "qualified_arn", "qualified_invoke_arn")
LOG_LEVELS = ("application_log_level", "system_log_level")


def _level(old: Any, new: Any) -> bool:
    """A level that Lambda chose is none that the HCL must repeat."""
    return not is_empty(old) and is_empty(new)


class FunctionResource(ResourceType):
    type_name = "aws_lambda_function"
    noun = "Lambda Function"
    names = ("function_name",)
    implements = frozenset(
        {
            *SETTINGS,
            *CODE,
            "function_name",
            "package_type",
            "publish",
            "reserved_concurrent_executions",
            "skip_destroy",
        }
    )
    defaults: ClassVar = {
        "memory_size": 128,
        "package_type": "Zip",
        "publish": False,
        "reserved_concurrent_executions": -1,
        "skip_destroy": False,
        "timeout": 3,
    }
    force_new = frozenset({"function_name", "package_type"})
    computed_blocks = frozenset({"ephemeral_storage", "logging_config", "tracing_config"})
    equal: ClassVar = {f"logging_config.{name}": _level for name in LOG_LEVELS}
    choices: ClassVar = {
        "logging_config.application_log_level": ("TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL"),
        "logging_config.log_format": ("JSON", "Text"),
        "logging_config.system_log_level": ("DEBUG", "INFO", "WARN"),
        "tracing_config.mode": ("Active", "PassThrough"),
    }
    ranges: ClassVar = {
        "ephemeral_storage.size": (512, 10240),
        "memory_size": (128, 10240),
        "reserved_concurrent_executions": (-1, None),
        "timeout": (1, 900),
    }
    aws_names: ClassVar = {
        "arn": "FunctionArn",
        "code_sha256": "CodeSha256",
        "kms_key_arn": "KMSKeyArn",
        "source_code_size": "CodeSize",
    }
    unreported = frozenset({"filename", "publish", "source_code_hash", "vpc_config"})
    tagging = TagCalls("lambda", "Resource", read="list_tags", listed=False)

    def validate(self, config: Values) -> Iterator[Problem]:
        sources = [config[name] for name in ("filename", "image_uri", "s3_bucket")]
        if all(source is None for source in sources):
            yield Problem(
                "Invalid combination of arguments",
                '"filename": one of `filename,image_uri,s3_bucket` must be specified',
                ("filename",),
            )
        if config["package_type"] not in (None, UNKNOWN, "Zip"):
            kind = config["package_type"]
            yield Problem(f"the sandbox does not implement package_type {kind} of {self.type_name}")

    def customize(self, change: ResourceChange) -> None:
        planned, prior = change.planned, change.prior
        if is_empty(planned["handler"]) or is_empty(planned["runtime"]):
            raise Problem("handler and runtime must be set when PackageType is Zip")
        if prior is None:
            return
        if not prior["environment"] and not _variables(planned["environment"]):
            planned["environment"] = prior["environment"]
        _follow_format(change)
        if change.differs(*CODE):
            change.recompute("last_modified")
        if planned["publish"] and change.differs(*SETTINGS, *CODE, "publish"):
            change.recompute(*VERSION)

    def create(self, call: ResourceCall, planned: Values) -> str:
        client, name = call.aws("lambda"), planned["function_name"]
        request: dict[str, Any] = {
            "FunctionName": name,
            "Code": {"ZipFile": read_package(planned["filename"], planned["source_code_hash"])},
            "PackageType": "Zip",
            "Publish": bool(planned["publish"]),
            "Tags": planned["tags_all"] or {},
            **{key: value for key, value in self._settings(planned, SETTINGS).items() if value != {"Variables": {}}},
        }
        if planned["architectures"]:
            request["Architectures"] = planned["architectures"]
        client.create_function(**request)
        call.note_created(name)
        _await(call, name, "State", "Active")
        if planned["reserved_concurrent_executions"] >= 0:
            _reserve(client, name, planned["reserved_concurrent_executions"])
        return str(name)

    def read(self, call: ResourceCall, state: Values) -> Values | None:
        client, name = call.aws("lambda"), state["id"]
        found = client.get_function(FunctionName=name)
        function, arn = found["Configuration"], found["Configuration"]["FunctionArn"]
        version = _latest(client, name)
        qualified = f"{arn}:{version}"
        logging = {"LogFormat": "Text", "LogGroup": f"/aws/lambda/{name}", **function.get("LoggingConfig", {})}
        return {
            **self.report({**DEFAULTS, **function, "LoggingConfig": logging}),
            "invoke_arn": invoke_arn(call, arn),
            "layers": [layer["Arn"] for layer in function.get("Layers", [])],
            "qualified_arn": qualified,
            "qualified_invoke_arn": invoke_arn(call, qualified),
            "reserved_concurrent_executions": found.get("Concurrency", {}).get("ReservedConcurrentExecutions", -1),
            "skip_destroy": bool(state["skip_destroy"]),
            "source_code_hash": state["source_code_hash"] or "",
            "tags_all": found.get("Tags", {}),
            "version": version,
        }

    def update(self, call: ResourceCall, prior: Values, planned: Values, changed: frozenset[str]) -> None:
        client, name = call.aws("lambda"), prior["id"]
        settings, code = changed & set(SETTINGS), changed & set(CODE)
        if settings:
            client.update_function_configuration(FunctionName=name, **self._settings(planned, settings))
            _await(call, name, "LastUpdateStatus", "Successful")
        if code:
            request: dict[str, Any] = {"ZipFile": read_package(planned["filename"], planned["source_code_hash"])}
            if "architectures" in code:
                request["Architectures"] = planned["architectures"]
            client.update_function_code(FunctionName=name, **request)
            _await(call, name, "LastUpdateStatus", "Successful")
        if "reserved_concurrent_executions" in changed:
            _reserve(client, name, planned["reserved_concurrent_executions"])
        if planned["publish"] and (settings or code or "publish" in changed):
            version = client.publish_version(FunctionName=name)["Version"]
            _await(call, f"{name}:{version}", "State", "Active")

    def delete(self, call: ResourceCall, prior: Values) -> None:
        if not prior["skip_destroy"]:
            call.aws("lambda").delete_function(FunctionName=prior["id"])

    def import_state(self, call: ResourceCall, identity: str) -> Values:
        del call
        return {"id": identity, "function_name": identity}

    def _settings(self, planned: Values, names: Iterable[str]) -> dict[str, Any]:
        """The members of a request that set these arguments."""
        request = self.request(planned, names)
        if "description" in names:
            request["Description"] = planned["description"] or ""
        if "environment" in names:
            request["Environment"] = {"Variables": _variables(planned["environment"]) or {}}
        return request


def _variables(blocks: Any) -> Any:
    """The variables of the environment block; None where there are none."""
    if blocks is UNKNOWN or not blocks:
        return blocks or None
    return blocks[0]["variables"] or None


def _follow_format(change: ResourceChange) -> None:
    """With another log format, the levels are what the HCL says: Lambda knows them for JSON alone."""
    prior = drop_unknown((change.prior or {}).get("logging_config"))
    planned, config = drop_unknown(change.planned["logging_config"]), drop_unknown(change.config["logging_config"])
    if prior and planned and config and prior[0]["log_format"] != planned[0]["log_format"]:
        planned[0].update({name: config[0][name] for name in LOG_LEVELS})


def _latest(client: Any, name: str) -> str:
    """The newest published version, $LATEST before there is one: Lambda lists them from old to new."""
    pages = client.get_paginator("list_versions_by_function").paginate(FunctionName=name)
    return str([entry["Version"] for page in pages for entry in page["Versions"]][-1])


def _await(call: ResourceCall, name: str, status: str, wanted: str) -> None:
    """Waits for a status; Lambda tells the reason of a failed one."""

    def there() -> bool:
        found = call.aws("lambda").get_function_configuration(FunctionName=name)
        if found.get(status) == "Failed":
            reason = found.get(f"{status}Reason") or found.get(f"{status}ReasonCode") or "no reason given"
            raise Problem(f"waiting for Lambda Function ({name}): {status} is Failed: {reason}")
        return bool(found.get(status) == wanted)

    call.wait(there, f"Lambda Function ({name}) to be {wanted}")


def _reserve(client: Any, name: str, executions: int) -> None:
    if executions >= 0:
        client.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=executions)
    else:
        client.delete_function_concurrency(FunctionName=name)


RESOURCES = (FunctionResource(),)
