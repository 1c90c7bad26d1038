"""The program inside an execution environment: AWS's Python runtime client with two pipes.

It runs in the function's own interpreter with `-I -S`, so that it sees the package, the standard library and the
packages of Lambda's runtime, but not hybridctl. `awslambdaric` loads the handler, builds the context, writes the log
and encodes responses; only its HTTP client is replaced. Arguments: the descriptor to read invocations from, the one to
write responses to, the folder with the runtime's packages, and the folder that becomes /tmp.

A message is one line of JSON, whose `length` is the number of bytes of the body that follows.
"""

import json
import os
import site
import sys
from typing import Any, BinaryIO

LARGEST_ANSWER = 6_291_556  # bytes (docs: lambda/latest/dg/gettingstarted-limits.html)


def set_up_paths(runtime: str) -> None:
    """Order sys.path as on Lambda: the package, PYTHONPATH, the standard library, the runtime's packages."""
    own = [each for each in os.environ.get("PYTHONPATH", "").split(os.pathsep) if each]
    sys.path[:] = [os.environ["LAMBDA_TASK_ROOT"], *own, *sys.path, runtime]
    sys.argv[:] = [sys.argv[0], os.environ["_HANDLER"]]
    site.setquit()  # -S left out `exit` and `quit`


def make_client(base: Any, requests: BinaryIO, answers: BinaryIO) -> Any:
    """Return the runtime client that uses the pipes instead of HTTP."""

    def send(kind: str, body: bytes = b"", **more: str) -> None:
        header = json.dumps({"kind": kind, "length": len(body), **more}).encode()
        answers.write(header + b"\n" + body)
        answers.flush()

    class PipeClient(base):  # type: ignore[misc] # AWS's classes are untyped
        def wait_next_invocation(self) -> Any:
            from awslambdaric.lambda_runtime_client import InvocationRequest

            send("ready")
            line = requests.readline()
            if not line:
                os._exit(0)  # the sandbox has gone
            head = json.loads(line)
            return InvocationRequest(
                invoke_id=head["request_id"],
                x_amzn_trace_id=head["trace_id"],
                invoked_function_arn=head["arn"],
                deadline_time_in_ms=head["deadline_ms"],
                client_context=head["client_context"],
                cognito_identity=None,
                tenant_id=None,
                content_type="application/json",
                event_body=requests.read(head["length"]),
                invocation_id=None,
            )

        def post_invocation_result(
            self,
            invoke_id: str,
            result_data: str | bytes,
            content_type: str = "application/json",
            invocation_id: str | None = None,
        ) -> None:
            body = result_data if isinstance(result_data, bytes) else result_data.encode("utf-8")
            if len(body) > LARGEST_ANSWER:
                send("too-large")
                raise RuntimeError(f"the answer has {len(body)} bytes, the limit is {LARGEST_ANSWER}")
            send("result", body, content_type=content_type)

        def post_invocation_error(
            self, invoke_id: str, error_response_data: str, xray_fault: str, invocation_id: str | None = None
        ) -> None:
            send("error", error_response_data.encode("utf-8", "surrogatepass"))

        def post_init_error(self, error_response_data: Any, error_type_override: str | None = None) -> None:
            send("init-error", json.dumps(error_response_data).encode())

    return PipeClient("")


def main(requests: int, answers: int, runtime: str, private: str) -> None:
    if private:
        import isolation  # type: ignore[import-not-found] # beside this program, on sys.path until it is popped

        isolation.isolate(private, runtime)
        sys.modules.pop("isolation")
    sys.path.pop(0)
    set_up_paths(runtime)
    from awslambdaric import bootstrap
    from awslambdaric.lambda_runtime_client import LambdaRuntimeClient

    client = make_client(LambdaRuntimeClient, os.fdopen(requests, "rb"), os.fdopen(answers, "wb"))
    os.chdir(os.environ["LAMBDA_TASK_ROOT"])
    bootstrap.run(os.environ["_HANDLER"], client)


if __name__ == "__main__":
    sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
    main(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3], sys.argv[4])
