"""`python -m hybridctl`, and the `hybridctl` script."""

import sys


def main() -> None:
    from hybridctl.entrypoint import run
    from hybridctl.wiring import real_context

    raise SystemExit(run(sys.argv[1:], real_context()))


if __name__ == "__main__":
    main()
