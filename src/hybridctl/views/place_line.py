"""Where a run acts, as the parts of a line: nearly every command prints it first, so this imports no rich."""

from hybridctl.domain.environment import Place


def list_parts(place: Place) -> list[tuple[str, str]]:
    """Return the line's parts, each with its style."""
    parts = [(place.environment, "bold"), (f" · account {place.account} · {place.region}", "")]
    if place.endpoint:
        parts.append((f" · sandbox {place.endpoint.removeprefix('http://')}", ""))
    if place.elsewhere:
        parts.append((f" · CUSTOM ENDPOINTS, NOT AWS: {', '.join(place.elsewhere)}", "bold yellow"))
    return parts
