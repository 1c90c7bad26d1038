"""The environment variables of the engine."""

from collections.abc import Collection, Mapping
from pathlib import Path

from hybridctl.domain.shell_variables import is_withheld


def child_environment(
    environ: Mapping[str, str], data: Path, *, reattach: str | None = None, shell_variables: Collection[str] = ()
) -> dict[str, str]:
    """Return the engine's environment: its own data folder, no prompts, no hidden arguments, `reattach` for a running
    provider.

    Of the shell's TF_VAR_ variables, only `shell_variables` are passed: a plan must not depend on values that hybridctl
    was not given.
    """
    dropped = {"TF_WORKSPACE", "TF_REATTACH_PROVIDERS", "TF_DATA_DIR", "TF_CLI_ARGS"}
    kept = {
        name: value
        for name, value in environ.items()
        if name not in dropped and not name.startswith("TF_CLI_ARGS_") and not is_withheld(name, shell_variables)
    }
    named = kept.get("TF_CLI_CONFIG_FILE")
    if named and not Path(named).is_file():
        del kept["TF_CLI_CONFIG_FILE"]  # the engine would print a warning into its JSON
    kept |= {"TF_DATA_DIR": str(data), "TF_IN_AUTOMATION": "1", "TF_INPUT": "0", "CHECKPOINT_DISABLE": "1"}
    if reattach:
        kept["TF_REATTACH_PROVIDERS"] = reattach
        # The engine is then a small, short-lived client of the provider. Its garbage collector would take a fifth of
        # its time.
        kept.setdefault("GOGC", "400")
    return kept
