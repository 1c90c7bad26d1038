"""Format dollars, and the change of the bill by a plan."""

from rich.text import Text

from hybridctl.domain.cost.plan import CostDelta
from hybridctl.views.render import render

_PARTS_SHOWN = 3


def dollars(amount: float) -> str:
    """Format as $1,234.50; an amount below a cent is shown as such, not as zero."""
    if 0 < abs(amount) < 0.005:
        return "<$0.01"
    sign = "-" if amount <= -0.005 else ""
    return f"{sign}${abs(amount):,.2f}"


def more(amount: float) -> str:
    """Format a difference: +$3.20."""
    return f"+{dollars(amount)}" if amount >= 0.005 else dollars(amount)


@render.register
def _(delta: CostDelta) -> Text:
    if delta.is_nothing:
        return Text("cost: unchanged")
    parts = ", ".join(f"{about} {more(amount)}" for about, amount in delta.parts[:_PARTS_SHOWN])
    rest = len(delta.parts) - _PARTS_SHOWN
    parts += f", {rest} more" if rest > 0 else ""
    fixed = f"{more(delta.fixed)} a month{f' ({parts})' if parts else ''}"
    return Text(f"cost: {fixed}, {more(delta.per_million)} per million requests")
