from typing import Annotated

import typer

from hybridctl.commands.options import Environment, NamedEnvironment, chosen
from hybridctl.context import app_context
from hybridctl.domain.diagnosis import Verdict
from hybridctl.errors import UsageInvalid
from hybridctl.exit_codes import ExitCode
from hybridctl.operations.status import read_status, watch_status
from hybridctl.views.repeated import Repeated

_CODES = {
    Verdict.NOT_DEPLOYED: ExitCode.NOT_FOUND,
    Verdict.UNHEALTHY: ExitCode.CHECK_FAILED,
    Verdict.UNKNOWN: ExitCode.CHECK_FAILED,
    Verdict.DEGRADED: ExitCode.CHECK_FAILED,
}


def status(
    ctx: typer.Context,
    environment: Environment = None,
    env: NamedEnvironment = None,
    drift: Annotated[bool, typer.Option("--drift", help="Ask also what was changed by hand; takes longer.")] = False,
    watch: Annotated[bool, typer.Option("--watch", "-w", help="Read again and again until Ctrl-C.")] = False,
    interval: Annotated[int, typer.Option(min=2, help="Seconds between readings with --watch.")] = 10,
) -> int:
    """Show whether the backend is healthy, what is live, who released it, and how the last hour was.

    The first word is the verdict: healthy, releasing (somebody changes it right now), degraded (it serves, but
    something is not as the last release left it), unknown (a fact could not be read), unhealthy (requests fail, or an
    alarm is red) or not deployed. The last line is the command to type next. Exit code 5 for degraded, unknown and
    unhealthy, 3 for not deployed.

    With --watch the metrics of AWS are read once a minute, however short the interval: CloudWatch charges about $0.02
    an hour for that.

    Examples:
      hybridctl status staging
      hybridctl status staging --watch
    """
    app = app_context(ctx)
    if watch and drift:
        raise UsageInvalid("--drift does not go with --watch", hint="leave one of them out")
    backend = app.backend(chosen(environment, env))
    if watch:
        shown = Repeated(app.screen)
        with shown.repainted():
            try:
                watch_status(backend, app.clock, seconds=interval, heard=shown)
            except KeyboardInterrupt:
                return ExitCode.INTERRUPTED  # the ordinary end: no error document behind the last reading
    found = read_status(backend, app.clock, drift_seen_by=app.screen.progress() if drift else None)
    app.screen.result(found)
    return _CODES.get(found.verdict, ExitCode.OK)
