"""What other tools call the same thing: terraform, aws, sam, serverless, chalice, lambroll, wrangler, gh and kubectl.

None of these words is accepted. A refusal names the command or option of hybridctl instead.
"""

from collections.abc import Mapping, Sequence


def _spread(meanings: Mapping[str, str]) -> Mapping[str, str]:
    """Return each word with what it means; the words of one meaning stand in one line."""
    return {word: meant for meant, words in meanings.items() for word in words.split()}


WORDS = _spread(
    {
        "deploy": "apply up publish push update ship upload",
        "deploy local": "start dev serve start-api start-lambda offline rehearse",
        "destroy": "remove rm delete del down teardown uninstall",
        "rollback": "undo revert back restore",
        "logs": "log",
        "logs --follow": "tail watch",
        "status": "info describe show get list ls ps health top",
        "releases": "versions history deployments revisions",
        "smoke": "test check verify e2e",
        "plan": "validate lint preview diff synth fdiff",
        "drift": "refresh detect-drift",
        "build": "package zip bundle archive",
        "invoke": "run call exec",
        "outputs": "output",
        "outputs --raw api_endpoint": "url open endpoint browse",
        "init": "new new-project create generate scaffold",
        "config": "env settings configure environments envs",
        "whoami": "login auth identity account",
        "doctor": "diagnose debug",
        "cost": "price pricing bill billing",
        "promote": "approve",
        "abort": "cancel",
        "deploy --strategy canary:10@5m": "canary",
        "deploy --adopt ADDRESS=ID": "import",
        "state unlock": "unlock force-unlock",
        "sandbox stop": "stop",
    }
)
GROUP_WORDS: Mapping[str, Mapping[str, str]] = {
    "sandbox": _spread(
        {
            "start": "up run",
            "stop": "down kill",
            "reset": "delete destroy remove rm clear clean",
            "status": "ps info env",
        }
    ),
    "state": _spread({"list": "ls", "show": "get describe", "unlock": "force-unlock", "restore": "rollback"}),
    "releases": _spread({"list": "ls history", "diff": "compare", "prune": "clean cleanup delete rm"}),
    "sessions": _spread({"list": "ls", "show": "get describe info", "revoke": "delete remove rm logout kill"}),
    "alarms": _spread({"list": "ls", "history": "log events"}),
    "troubleshoot": _spread(
        {
            "cold-starts": "cold-start coldstart coldstarts slow",
            "throttling": "throttle throttles 429",
            "cors": "browser",
        }
    ),
}
_OPTIONS: Mapping[str, str] = {
    "--env": "--stage --environment --env-name --stack --stack-name --workspace -s",
    "--follow": "--tail -t --watch",
    "--watch": "--tail -t --follow -f",
    "--limit": "-n --lines --max-items --count",
    "--version": "--to --to-version --to-revision --revision --qualifier --target",
    "--output": "-o --format",
    "--debug": "-v -vv --verbose",
    "--yes": "--force -f --auto-approve --no-confirm --noconfirm --no-confirm-changeset --non-interactive",
    "--reason": "--message --comment --description",
    "--grep": "--filter --filter-pattern --search --pattern",
    "--since": "--start-time --start --from",
    "--until": "--end-time --end",
    "--payload": "--event --event-file --data --body -d",
    "--strategy": "--canary --traffic --deployment-preference",
    "--dry-run": "--dryrun --noop --check --what-if --plan-only --no-execute-changeset",
    "--function": "--name --function-name",
    "--var": "--parameter-overrides --set --param -var --vars",
    "--package": "--zip --zip-file --artifact",
}
# Options whose answer is not another option.
SETTINGS_WORDS = _spread(
    {
        "the region is a setting: hybridctl config shows it and its file": "--region",
        "NO_COLOR=1 turns colors off": "--no-color --no-colour",
        "hybridctl uses the hybridctl.toml of the current folder or the nearest one above: change the folder": (
            "-C --chdir --cwd --project --project-dir --directory --config --config-file"
        ),
    }
)


def options_for(typed: str) -> Sequence[str]:
    """Return the options that may be meant; a command has at most one of them."""
    return [option for option, words in _OPTIONS.items() if typed in words.split()]
