"""Run pip with environment markers judged for the function's platform: `python pip_for_target.py MARKERS ARGUMENTS…`.

pip takes the platform, the ABI and the Python of another machine as options, but goes on judging markers such as
`python_version < "3.13"` or `sys_platform == "linux"` by its own, by design: without this, the packages would depend
on the machine that builds. A script of its own, in a process of its own, because it reaches into pip (tried: 23.2 and
26.3); a pip that has moved what it reaches for is refused.
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
