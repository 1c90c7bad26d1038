import typer

from hybridctl.commands.options import Environment, NamedEnvironment, choose_environment
from hybridctl.context import Opening, app_context
from hybridctl.domain.identity import WhoAmI
from hybridctl.errors import WrongAccount
from hybridctl.exit_codes import ExitCode


def whoami(ctx: typer.Context, environment: Environment = None, env: NamedEnvironment = None) -> int:
    """Show who you are on AWS: account, role, region, and where the credentials come from.

    Exit code 6 if hybridctl.toml names another account for the environment.

    Examples:
      hybridctl whoami production
      hybridctl whoami production --profile ops
    """
    app = app_context(ctx)
    target = app.environment(choose_environment(environment, env))
    caller = app.open_backend(app.settings, target, Opening()).caller
    who = caller.identity()
    profile = app.settings.profile_of(target)
    found = WhoAmI(
        target.name,
        target.region,
        who.account,
        who.arn,
        who.role_arn,
        caller.source(),
        target.account,
        profile.name,
        profile.source,
    )
    app.screen.result(found)
    return ExitCode.OK if found.is_expected else WrongAccount.exit_code
