"""The program inside an execution environment: load the handler once, then answer invocation after invocation.

Runs in a process of its own with nothing of hybridctl imported. Invocations come as JSON lines on stdin; answers go
out on the descriptor named by the first argument; stdout and stderr are the function's log. After each invocation one
line that starts with NUL and carries the request id tells the reader that the log of that invocation is complete.
"""

import importlib
import json
import logging
import os
import sys
import time
import traceback
from types import SimpleNamespace
from typing import Any, NoReturn


class Context(SimpleNamespace):
    """What Python handlers get as their second argument (docs: lambda/latest/dg/python-context.html)."""

    deadline: float

    def get_remaining_time_in_millis(self) -> int:
        return max(0, int((self.deadline - time.time()) * 1000))


class RequestId(logging.Filter):
    current = ""

    def filter(self, record: logging.LogRecord) -> bool:
        record.aws_request_id = self.current
        return True


def failure(error: BaseException, request_id: str) -> dict[str, Any]:
    here = os.environ["LAMBDA_TASK_ROOT"]
    frames = [
        frame.replace(here, "/var/task")
        for frame in traceback.format_list(traceback.extract_tb(error.__traceback__)[1:])
    ]
    return {
        "errorMessage": str(error),
        "errorType": type(error).__name__,
        "requestId": request_id,
        "stackTrace": frames,
    }


def load(handler: str) -> Any:
    module, _, name = handler.replace("/", ".").rpartition(".")
    try:
        loaded = importlib.import_module(module)
    except ImportError as error:
        return {
            "errorMessage": f"Unable to import module '{module}': {error}",
            "errorType": "Runtime.ImportModuleError",
            "requestId": "",
            "stackTrace": [],
        }
    except Exception as error:
        return failure(error, "")
    found = getattr(loaded, name, None)
    if found is None:
        return {
            "errorMessage": f"Handler '{name}' missing on module '{module}'",
            "errorType": "Runtime.HandlerNotFound",
            "requestId": "",
            "stackTrace": [],
        }
    return found


def set_up_logging() -> RequestId:
    identity = RequestId()
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(
        logging.Formatter("[%(levelname)s]\t%(asctime)s.%(msecs)03dZ\t%(aws_request_id)s\t%(message)s")
    )
    handler.formatter.default_time_format = "%Y-%m-%dT%H:%M:%S"  # type: ignore[union-attr]
    handler.formatter.converter = time.gmtime  # type: ignore[union-attr]
    handler.formatter.datefmt = "%Y-%m-%dT%H:%M:%S"  # type: ignore[union-attr]
    handler.addFilter(identity)
    logging.getLogger().addHandler(handler)
    return identity


def invoke(handler: Any, message: dict[str, Any], timeout: float) -> dict[str, Any]:
    environ = os.environ
    context = Context(
        function_name=environ["AWS_LAMBDA_FUNCTION_NAME"],
        function_version=environ["AWS_LAMBDA_FUNCTION_VERSION"],
        invoked_function_arn=message["arn"],
        memory_limit_in_mb=environ["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"],
        aws_request_id=message["request_id"],
        log_group_name=environ["AWS_LAMBDA_LOG_GROUP_NAME"],
        log_stream_name=environ["AWS_LAMBDA_LOG_STREAM_NAME"],
        identity=None,
        client_context=None,
        deadline=time.time() + timeout,
    )
    try:
        result = handler(message["event"], context)
    except Exception as error:
        return {"error": failure(error, message["request_id"])}
    try:
        json.dumps(result)
    except (TypeError, ValueError) as error:
        told = f"Unable to marshal response: {error}"
        return {
            "error": {
                **failure(error, message["request_id"]),
                "errorType": "Runtime.MarshalError",
                "errorMessage": told,
            }
        }
    return {"result": result}


def main(answers: int, timeout: float) -> NoReturn:
    environ = os.environ
    sys.path.insert(0, environ["LAMBDA_TASK_ROOT"])
    identity = set_up_logging()
    requests = os.fdopen(os.dup(0), "r", encoding="utf-8")
    out = os.fdopen(answers, "w", encoding="utf-8")
    handler = load(environ["_HANDLER"])

    def answer(what: dict[str, Any], request_id: str) -> None:
        sys.stdout.flush()
        sys.stderr.flush()
        os.write(1, f"\0{request_id}\n".encode())
        out.write(json.dumps(what) + "\n")
        out.flush()

    broken = handler if isinstance(handler, dict) else None
    answer({"broken": broken} if broken else {"ready": True}, "init")
    for line in requests:
        message = json.loads(line)
        identity.current = message["request_id"]
        if message.get("trace_id"):
            environ["_X_AMZN_TRACE_ID"] = message["trace_id"]
        answer(invoke(handler, message, timeout), message["request_id"])
    sys.exit(0)


if __name__ == "__main__":
    main(int(sys.argv[1]), float(sys.argv[2]))
