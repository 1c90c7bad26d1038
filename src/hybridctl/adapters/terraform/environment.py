"""The process environment of the engine, composed in one place."""

from collections.abc import Mapping
from pathlib import Path


def child_environment(environ: Mapping[str, str], data: Path, *, reattach: str | None = None) -> dict[str, str]:
    """What the engine sees: its own data folder, no prompts, no hidden arguments, `reattach` for a running provider."""
    dropped = {"TF_WORKSPACE", "TF_REATTACH_PROVIDERS", "TF_DATA_DIR", "TF_CLI_ARGS"}
    kept = {
        name: value for name, value in environ.items() if name not in dropped and not name.startswith("TF_CLI_ARGS_")
    }
    named = kept.get("TF_CLI_CONFIG_FILE")
    if named and not Path(named).is_file():
        del kept["TF_CLI_CONFIG_FILE"]  # the engine would print a warning into its JSON
    kept |= {"TF_DATA_DIR": str(data), "TF_IN_AUTOMATION": "1", "TF_INPUT": "0", "CHECKPOINT_DISABLE": "1"}
    if reattach:
        kept["TF_REATTACH_PROVIDERS"] = reattach
    return kept
