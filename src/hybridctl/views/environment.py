"""View of the environment: the first line on stderr."""

from rich.text import Text

from hybridctl.domain.environment import Place
from hybridctl.views.place_line import list_parts
from hybridctl.views.render import render


@render.register
def _(place: Place) -> Text:
    return Text.assemble(*list_parts(place))
