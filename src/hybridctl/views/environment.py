"""View of the environment: the first line on stderr."""

from rich.text import Text

from hybridctl.domain.environment import Place
from hybridctl.views.render import render


@render.register
def _(place: Place) -> Text:
    line = Text(place.environment, style="bold")
    line.append(f" · account {place.account} · {place.region}", style="not bold")
    if place.endpoint:
        line.append(f" · sandbox {place.endpoint.removeprefix('http://')}", style="not bold")
    if place.elsewhere:
        line.append(f" · CUSTOM ENDPOINTS, NOT AWS: {', '.join(place.elsewhere)}", style="bold yellow")
    return line
