"""View of the caller's identity and the environment."""

from rich.console import Group, RenderableType
from rich.text import Text

from hybridctl.domain.identity import WhoAmI
from hybridctl.views.render import render
from hybridctl.views.rows import Rows


@render.register
def _(found: WhoAmI) -> RenderableType:
    rows = [("account", found.account), ("arn", found.arn)]
    rows += [("role", found.role)] if found.role else []
    rows += [("profile", f"{found.profile} ({found.profile_source})")] if found.profile else []
    rows += [("environment", found.environment), ("region", found.region), ("credentials", found.credentials)]
    if found.is_expected:
        return Rows(rows)
    wrong = f"{found.environment} belongs to account {found.expected}"
    return Group(Rows(rows), Text(wrong, style="red"), Text("→ use a profile of that account: --profile NAME"))
