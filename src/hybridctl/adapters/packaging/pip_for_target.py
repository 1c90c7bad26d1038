"""Runs pip with environment markers of the function's platform: `python pip_for_target.py MARKERS ARGUMENTS…`.

pip accepts the platform, ABI and Python version of another machine as options, but by design evaluates markers such as
`python_version < "3.13"` or `sys_platform == "linux"` for its own platform. The packages would then depend on the build
machine. This is a script in its own process because it changes pip's internals (tested: 23.2 and 26.3). A pip without
these internals is refused.
"""

import json
import sys


def main(markers: str, arguments: list[str]) -> int:
    try:
        from pip._internal.cli.main import main as pip
        from pip._vendor.packaging import markers as judged
    except ModuleNotFoundError:
        print("ERROR: no pip", file=sys.stderr)  # noqa: T201  (this is a program, and stderr its answer)
        return 1
    if not hasattr(judged, "default_environment"):
        print("ERROR: unknown pip", file=sys.stderr)  # noqa: T201
        return 1
    environment = json.loads(markers)
    judged.default_environment = lambda: dict(environment)
    code: int = pip(arguments)
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2:]))
