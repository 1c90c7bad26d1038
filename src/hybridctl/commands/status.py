from typing import Annotated

import typer

from hybridctl.commands.options import Environment, NamedEnvironment, Watch, WithDrift, choose_environment
from hybridctl.context import app_context
from hybridctl.domain.diagnosis import HealthVerdict
from hybridctl.errors import UsageInvalid
from hybridctl.exit_codes import ExitCode
from hybridctl.operations.status import read_status, watch_status
from hybridctl.views.live_view import LiveView

_CODES = {
    HealthVerdict.NOT_DEPLOYED: ExitCode.NOT_FOUND,
    HealthVerdict.UNHEALTHY: ExitCode.CHECK_FAILED,
    HealthVerdict.UNKNOWN: ExitCode.CHECK_FAILED,
    HealthVerdict.DEGRADED: ExitCode.CHECK_FAILED,
}


def status(
    ctx: typer.Context,
    environment: Environment = None,
    env: NamedEnvironment = None,
    drift: WithDrift = False,
    watch: Watch = False,
    interval: Annotated[int, typer.Option(min=2, help="Seconds between refreshes with --watch.")] = 10,
) -> int:
    """Show whether the backend is healthy, what is live, who released it, and the last hour's traffic.

    The first word is the verdict: healthy; releasing (a release is running); degraded (it serves, but something differs
    from the last release); unknown (something could not be read); unhealthy (requests fail, or an alarm is red); or not
    deployed. The last line is the next command to run. Exit code 5 for degraded, unknown and unhealthy, 3 for not
    deployed.

    With --watch, AWS metrics are read at most once a minute; CloudWatch charges about $0.02 per hour for that.

    Examples:
      hybridctl status staging
      hybridctl status staging --watch
    """
    app = app_context(ctx)
    if watch and drift:
        raise UsageInvalid("--drift cannot be combined with --watch", hint="use one of them")
    backend = app.backend(choose_environment(environment, env))
    if watch:
        shown = LiveView(app.screen)
        with shown.repaint():
            try:
                watch_status(backend, app.clock, seconds=interval, heard=shown)
            except KeyboardInterrupt:
                return ExitCode.INTERRUPTED  # the ordinary end: no error document behind the last reading
    found = read_status(backend, app.clock, drift_seen_by=app.screen.progress() if drift else None)
    app.screen.result(found)
    return _CODES.get(found.verdict, ExitCode.OK)
