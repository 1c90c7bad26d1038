"""Views of a planned and a finished rollback."""

from rich.console import Group, RenderableType
from rich.text import Text

from hybridctl.operations.rollback import RollbackPlan, RolledBack
from hybridctl.views.release import as_json_with_workers, list_workers
from hybridctl.views.render import as_json, render


@as_json.register
def _(plan: RollbackPlan) -> dict[str, object]:
    return as_json_with_workers(plan)


@render.register
def _(plan: RollbackPlan) -> Text:
    if plan.is_noop:
        return Text(f"{plan.alias.name} already serves version {plan.target}")
    lines = [f"{plan.alias.name}: version {plan.alias.version} → {plan.target}"]
    lines += [f"{plan.alias.name} of {one.name}: version {one.before} → {one.after}" for one in plan.workers]
    return Text("\n".join(lines))


@render.register
def _(rolled_back: RolledBack) -> RenderableType:
    return Group(
        render(rolled_back.smoke),
        Text(f"version   {rolled_back.version} serves again, release {rolled_back.release.id}"),
        *list_workers(rolled_back.release.workers),
        Text(f"endpoint  {rolled_back.endpoint}"),
        Text(f"not rolled back: {', '.join(rolled_back.not_restored)}", style="dim"),
    )
