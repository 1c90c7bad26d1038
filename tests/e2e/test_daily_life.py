"""The main story, once and in order, on one checkout: up, again, forward, back, broken, watched, and down."""

import io
import json
import re
import shlex
import shutil
import signal
import threading
import time
import zipfile

import httpx
import pytest

from e2e.conftest import HANDLER, Clone
from fakes.sandbox_clients import client_of

GUIDE_CURL = """
API_ENDPOINT=$(hybridctl outputs local --raw api_endpoint)
curl -sS $API_ENDPOINT/health
echo
curl -sS -X POST $API_ENDPOINT/auth/session \\
  -H "Content-Type: application/json" \\
  -d '{
    "user_id": "user123",
    "provider": "google",
    "oauth_tokens": {"access_token": "test_token"},
    "user_info": {"email": "user@example.com"}
  }' > session.json
SESSION_ID=$(python -c 'import json; print(json.load(open("session.json"))["session_id"])')
rm session.json
curl -sS -X POST $API_ENDPOINT/auth/validate \\
  -H "Content-Type: application/json" \\
  -d "{\\"session_id\\": \\"$SESSION_ID\\"}"
"""


FUNCTION = "module.function.aws_lambda_function.this"
LOGS = {"module.function.aws_cloudwatch_log_group.this", "module.http_api.aws_cloudwatch_log_group.access"}
TABLES = {f'module.table["{name}"].aws_dynamodb_table.this' for name in ("sessions", "jobs", "agents")}
# A value, and what it changes in place: of which resources which attribute.
CHANGED = (
    ("log_retention_days=14", (LOGS, "retention_in_days")),
    ('cors_origins=["https://example.com"]', ({"module.http_api.aws_apigatewayv2_api.this"}, "cors_configuration")),
    ("dynamodb_billing_mode=PROVISIONED", (TABLES, "billing_mode")),
)


def test_one_command_brings_everything_up(clone: Clone):
    ran = clone.must("deploy", "local")
    assert "9 of 9 checks passed, version 1" in ran.out
    assert "endpoint  http://127.0.0.1:" in ran.out
    assert ran.err.splitlines()[0].startswith(("✓ sandbox", "local · account 000000000000"))


def test_a_second_deploy_says_so_and_changes_nothing(clone: Clone):
    started = time.monotonic()
    ran = clone.must("deploy", "local")
    assert time.monotonic() - started < 10
    assert "nothing to do" in ran.out
    assert len(clone.must("--output", "json", "releases").json["releases"]) == 1


@pytest.mark.parametrize(
    ("argv", "unneeded"),
    [
        (
            ["logs"],
            ["rich", "boto3", "hybridctl.domain.smoke", "hybridctl.domain.tfstate", "hybridctl.operations.log_query"],
        ),
        (["releases"], ["boto3", "hybridctl.domain.smoke", "hybridctl.domain.tfstate", "hybridctl.operations.watch"]),
        (["rollback", "--dry-run"], ["boto3", "hybridctl.domain.reviewed_plan", "hybridctl.operations.watch"]),
        (
            ["deploy", "local"],
            [
                "boto3",
                "rich.table",
                "hybridctl.domain.watch",
                "hybridctl.domain.cost",
                "hybridctl.operations.carry_out",
            ],
        ),
    ],
    ids=lambda value: value[0],
)
def test_a_run_imports_nothing_of_what_only_other_runs_need(deployed: Clone, argv: list[str], unneeded: list[str]):
    ran = deployed.run(*argv, env={"PYTHONPROFILEIMPORTTIME": "1"})
    imported = {line.rpartition("|")[2].strip() for line in ran.err.splitlines() if line.startswith("import time:")}
    assert "hybridctl.adapters.aws.session" in imported  # it came as far as AWS
    assert imported.isdisjoint(unneeded)


def test_the_guides_curl_lines_work_as_they_stand(deployed: Clone):
    if shutil.which("curl") is None:
        pytest.skip("curl is not on PATH")
    ran = deployed.shell(GUIDE_CURL)
    assert ran.code == 0, ran.all
    health, validated = ran.out.splitlines()
    assert health == '{"status":"healthy","version":"0.1.0"}'
    assert json.loads(validated) | {"expires_at": 0} == {"valid": True, "user_id": "user123", "expires_at": 0}


def test_the_guides_aws_lines_work_against_the_sandbox(deployed: Clone):
    if shutil.which("aws") is None:
        pytest.skip("the AWS CLI is not on PATH")
    lines = """
if aws --version 2>&1 | grep -q aws-cli/1; then
  aws logs filter-log-events --log-group-name /aws/lambda/hybrid-ci-cd-local --query 'events[].message'
else
  aws logs tail /aws/lambda/hybrid-ci-cd-local --since 10m
fi
aws cloudwatch get-metric-statistics --namespace AWS/DynamoDB --metric-name ConsumedReadCapacityUnits \\
  --dimensions Name=TableName,Value=hybrid-ci-cd-sessions-local \\
  --start-time $(date -u -d '10 minutes ago' +%Y-%m-%dT%H:%M:%S) \\
  --end-time $(date -u -d '1 minute' +%Y-%m-%dT%H:%M:%S) \\
  --period 300 --statistics Sum --query 'sum(Datapoints[].Sum) > `0`'
aws dynamodb scan --table-name hybrid-ci-cd-sessions-local --region us-east-1 --query Count
aws lambda update-alias --function-name hybrid-ci-cd-local --name live --function-version 1 --query FunctionVersion
"""
    ran = deployed.shell(lines, **deployed.exports)
    assert ran.code == 0, ran.all
    assert "REPORT RequestId" in ran.out
    consumed, _scanned, version = ran.out.splitlines()[-3:]
    assert (consumed, version) == ("true", '"1"')


def test_an_edit_becomes_a_version_that_is_proven_before_it_is_live(deployed: Clone):
    deployed.edit(HANDLER, lambda text: text + "\n# a change\n")
    ran = deployed.must("--output", "json", "deploy", "local", "-m", "a change")
    release = ran.json["release"]
    assert (release["version_before"], release["version_after"], release["verified"]) == (1, 2, True)
    assert [step["name"] for step in release["steps"]] == ["build", "init", "plan", "apply", "prove", "shift", "verify"]
    assert release["source"]["dirty"] is True
    assert deployed.live_version() == "2"


def test_rollback_serves_the_old_code_at_once_and_the_next_deploy_moves_forward(deployed: Clone):
    deployed.must("rollback", "--version", "1", "-m", "try it")
    assert deployed.live_version() == "1"
    again = deployed.must("--output", "json", "deploy", "local").json
    assert again["changes"]["resources"] == []  # Terraform sees no change, and a deploy was asked for
    assert deployed.live_version() == "2"
    kinds = [release["kind"] for release in deployed.must("--output", "json", "releases").json["releases"]]
    assert kinds == ["deploy", "deploy", "rollback", "deploy"]


BROKEN = """

_answer = handle


def handle(event, context):
    if "/auth/" in str(event):
        raise RuntimeError("the disk is on fire")
    return _answer(event, context)
"""


def test_a_broken_build_never_meets_a_live_request_and_shows_its_own_log_lines(deployed: Clone):
    """One that answers a check wrongly, and raises at the others."""
    entry = deployed.root / "lambda_src/backend/entry.py"
    good = {path: path.read_text() for path in (deployed.root / HANDLER, entry)}
    deployed.edit(HANDLER, lambda text: text.replace('"healthy"', '"poorly"'))
    entry.write_text(good[entry] + BROKEN)
    answers: list[tuple[int, str]] = []
    stop = threading.Event()

    def ask(endpoint: str) -> None:
        with httpx.Client() as client:
            while not stop.wait(0.05):
                answer = client.get(f"{endpoint}/health")
                answers.append((answer.status_code, answer.headers["x-function-version"]))

    asker = threading.Thread(target=ask, args=(deployed.endpoint,))
    asker.start()
    ran = deployed.run("deploy", "local")
    stop.set()
    asker.join()
    assert ran.code == 5, ran.all
    assert "✗ prove" in ran.err
    assert 'expected status to be "healthy"' in ran.out
    assert "RuntimeError: the disk is on fire" in ran.out
    assert len(answers) > 10
    assert set(answers) == {(200, "2")}
    for path, text in good.items():
        path.write_text(text)


def test_follow_shows_each_request_once_in_order_and_ends_with_130(deployed: Clone):
    follower = deployed.start("logs", "--follow")
    assert follower.stdout is not None
    assert follower.stderr is not None
    assert "local · account" in follower.stderr.readline()
    seen: list[tuple[float, str]] = []

    def read() -> None:
        seen.extend((time.monotonic(), line) for line in follower.stdout or ())

    def refusal_times() -> list[float]:
        """Return when each refusal was shown. Its status alone says nothing: a line of "400 ms" has it too."""
        return [at for at, line in list(seen) if "400 POST /auth/validate" in line]

    reader = threading.Thread(target=read)
    reader.start()
    sent: list[float] = []
    endpoint = deployed.endpoint
    for number in range(6):
        httpx.post(f"{endpoint}/auth/validate", content=b"{" * (number + 1))
        sent.append(time.monotonic())
    deadline = time.monotonic() + 10
    while len(refusal_times()) < 6 and time.monotonic() < deadline:
        threading.Event().wait(0.1)
    follower.send_signal(signal.SIGINT)
    assert follower.wait(10) == 130
    reader.join()
    shown = refusal_times()
    assert len(shown) == 6, seen
    assert max(at - asked for at, asked in zip(shown, sent, strict=True)) < 4
    assert "Traceback" not in follower.stderr.read()


def test_a_reviewed_plan_is_applied_as_it_was_read_and_only_once(deployed: Clone):
    deployed.edit(HANDLER, lambda text: text + "\n# to be reviewed\n")
    deployed.must("plan", "local", "--out", "release.plan")
    live = deployed.live_version()
    deployed.edit(HANDLER, lambda text: text + "\n# not reviewed\n")
    ran = deployed.must("deploy", "local", "--plan", "release.plan", "--yes")
    assert "✓ package   of the plan" in ran.err
    assert deployed.live_version() != live
    again = deployed.run("deploy", "local", "--plan", "release.plan", "--yes")
    assert again.code == 4, again.all
    assert "serial: " in again.err
    dry = deployed.must("deploy", "local", "--dry-run")
    assert "nothing was changed" in dry.out
    assert "1 to change" in dry.out


def test_two_deploys_at_once_damage_nothing(deployed: Clone):
    """Of what the reviewed plan left out."""
    both = [deployed.start("deploy", "local") for _ in range(2)]
    ended = [(process.communicate(timeout=240), process.returncode) for process in both]
    codes = sorted(code for _, code in ended)
    assert codes in ([0, 0], [0, 4]), ended
    assert deployed.must("smoke").code == 0
    assert deployed.must("plan", "local", "--detailed-exitcode").code == 0


def test_old_versions_go_and_what_is_needed_stays(deployed: Clone):
    live = deployed.live_version()
    compared = deployed.must("releases", "diff", "1", str(live))
    assert "~ backend/endpoints.py" in compared.out
    pruned = deployed.must("releases", "prune", "--keep", "2", "--yes")
    assert "3 kept" in pruned.out or "2 kept" in pruned.out
    assert deployed.run("rollback", "--version", "1").code == 3
    deployed.must("rollback")
    assert deployed.live_version() != live


def plan_changes(clone: Clone, *variables: str) -> dict[str, tuple[str, set[str]]]:
    """What a plan with these variables would do: action and attributes by address."""
    options = [part for variable in variables for part in ("--var", variable)]
    changes = clone.must("--output", "json", "plan", "local", *options).json["changes"]["resources"]
    return {change["address"]: (change["action"], set(change["attributes"])) for change in changes}


def test_a_saved_value_is_used_by_every_later_deploy(deployed: Clone):
    ran = deployed.must("deploy", "local", "--var", "lambda_memory_size=640", "--save")
    saved = deployed.root / "terraform" / "environments" / "local" / "saved.auto.tfvars.json"
    assert json.loads(saved.read_text()) == {"lambda_memory_size": 640}
    assert "✓ save      terraform/environments/local/saved.auto.tfvars.json" in ran.err
    assert deployed.must("plan", "local", "--detailed-exitcode").code == 0
    assert ".tfvars" in deployed.shell("git status --short").out
    saved.unlink()
    forgotten = plan_changes(deployed, *(variable for variable, _ in CHANGED))
    assert not {address for address, (action, _) in forgotten.items() if action in ("replace", "delete")}
    for addresses, attribute in (({FUNCTION}, "memory_size"), *(changed for _, changed in CHANGED)):
        for address in addresses:
            assert forgotten[address][0] == "update"
            assert attribute in forgotten[address][1]


def test_a_state_bucket_that_was_opened_by_hand_is_fixed(deployed: Clone):
    assert "missing" not in deployed.must("bootstrap", "local", "--dry-run").out
    s3 = client_of(deployed.exports, "s3")
    [bucket] = [entry["Name"] for entry in s3.list_buckets()["Buckets"] if "tfstate" in entry["Name"]]
    s3.delete_bucket_policy(Bucket=bucket)
    assert "missing  TLS only" in deployed.must("bootstrap", "local", "--dry-run").out
    assert "created  TLS only" in deployed.must("bootstrap", "local").out
    assert "missing" not in deployed.must("bootstrap", "local", "--dry-run").out


def test_the_roles_of_ci_are_made_once_and_fixed(deployed: Clone):
    made = deployed.must("bootstrap", "local", "--ci", "acme@1/backend@2")
    arn = "arn:aws:iam::000000000000:role/hybrid-ci-cd-ci-local"
    assert arn in "".join(made.out.split())
    assert "missing" not in deployed.must("bootstrap", "local", "--ci", "acme@1/backend@2", "--dry-run").out
    iam = client_of(deployed.exports, "iam")
    iam.delete_role_policy(RoleName="hybrid-ci-cd-ci-local", PolicyName="hybridctl")
    changed = deployed.must("bootstrap", "local", "--ci", "acme@1/elsewhere@3")
    assert "created  role hybrid-ci-cd-ci-local: trust, permissions" in changed.out
    [statement] = iam.get_role(RoleName="hybrid-ci-cd-ci-local")["Role"]["AssumeRolePolicyDocument"]["Statement"]
    trusted = statement["Condition"]["StringEquals"]["token.actions.githubusercontent.com:sub"]
    assert trusted == "repo:acme@1/elsewhere@3:environment:local"


def test_state_survives_a_restart_of_the_sandbox(deployed: Clone):
    version = deployed.live_version()
    deployed.must("sandbox", "stop")
    assert deployed.live_version() == version  # a command that needs the sandbox starts it
    seen = deployed.run("status")
    assert seen.out.startswith("healthy"), seen.all


def test_what_was_changed_by_hand_is_named_attribute_by_attribute_and_made_again(deployed: Clone):
    exports = deployed.exports
    functions = client_of(exports, "lambda")
    functions.update_function_configuration(FunctionName="hybrid-ci-cd-local", MemorySize=256)
    alarms = client_of(exports, "cloudwatch")
    outputs = deployed.must("--output", "json", "outputs", "local").json
    alarms.delete_alarms(AlarmNames=[outputs["composite_alarm_name"]])  # first: CloudWatch keeps what it depends on
    alarms.delete_alarms(AlarmNames=["hybrid-ci-cd-errors-local"])
    tables = client_of(exports, "dynamodb")
    tables.delete_table(TableName="hybrid-ci-cd-jobs-local")
    arn = tables.describe_table(TableName="hybrid-ci-cd-agents-local")["Table"]["TableArn"]
    tags = {"Owner": "somebody", "Project": "mine"}
    tables.tag_resource(ResourceArn=arn, Tags=[{"Key": key, "Value": value} for key, value in tags.items()])
    ran = deployed.run("drift", "local")
    assert ran.code == 5, ran.all
    assert ran.out.splitlines() == [
        "~ module.function.aws_lambda_function.this",
        "    memory_size: 640 → 256",
        "- module.observability.aws_cloudwatch_composite_alarm.degraded  gone",
        '- module.observability.aws_cloudwatch_metric_alarm.this["errors"]  gone',
        '~ module.table["agents"].aws_dynamodb_table.this',
        '    tags.Owner: null → "somebody"',
        '    tags.Project: "hybrid-ci-cd" → "mine"',
        '- module.table["jobs"].aws_dynamodb_table.this  gone',
        "→ hybridctl deploy local",
    ]
    assert {address: action for address, (action, _) in plan_changes(deployed).items()} == {
        FUNCTION: "update",
        "module.observability.aws_cloudwatch_dashboard.this": "update",  # of the memory, not saved any more
        "module.observability.aws_cloudwatch_composite_alarm.degraded": "create",
        'module.observability.aws_cloudwatch_metric_alarm.this["errors"]': "create",
        'module.table["agents"].aws_dynamodb_table.this': "update",
        'module.table["jobs"].aws_dynamodb_table.this': "create",
    }
    deployed.must("deploy", "local")
    assert deployed.must("drift", "local").out.startswith("no drift")


def test_the_state_can_be_read_and_a_dead_lock_removed(deployed: Clone):
    assert "module.function.aws_lambda_function.this" in deployed.must("state", "list").out
    assert "memory_size" in deployed.must("state", "show", "module.function.aws_lambda_function.this").out
    s3 = client_of(deployed.exports, "s3")
    bucket = "hybrid-ci-cd-tfstate-000000000000-us-east-1"
    lock = {"ID": "11111111-2222-3333-4444-555555555555", "Operation": "OperationTypeApply", "Who": "ada@gone"}
    body = json.dumps({**lock, "Info": "", "Version": "1.11.4", "Created": "2026-01-01T00:00:00Z", "Path": ""})
    s3.put_object(Bucket=bucket, Key="hybrid-ci-cd-local/terraform.tfstate.tflock", Body=body.encode())
    refused = deployed.run("deploy", "local", env={"HYBRIDCTL_PATIENCE_LOCK": "1"})
    assert refused.code == 4, refused.all
    assert "ada@gone" in refused.err
    unlocked = deployed.must("state", "unlock", "local", "--yes")
    assert "by ada@gone" in unlocked.err  # the next deploy finds no lock


def test_productions_values_are_rehearsed_their_protection_holds_and_the_way_back_works(deployed: Clone):
    saved = deployed.root / "terraform" / "environments" / "production" / "saved.auto.tfvars.json"
    saved.write_text(json.dumps({"lambda_memory_size": 2048}))
    shell = {"AWS_PROFILE": "nope", "AWS_DEFAULTS_MODE": "nope", "TF_VAR_lambda_memory_size": "128"}
    functions = client_of(deployed.exports, "lambda")
    with zipfile.ZipFile(edited := io.BytesIO(), "w") as archive:
        archive.writestr("backend/entry.py", "def handle(event, context): return {'statusCode': 200}\n")
    functions.update_function_code(FunctionName="hybrid-ci-cd-local", ZipFile=edited.getvalue())
    ran = deployed.run("deploy", "local", "--as", "production", env=shell, timeout=400)
    assert ran.code == 0, ran.all
    live = {"FunctionName": "hybrid-ci-cd-local", "Qualifier": "live"}
    found = functions.get_function_configuration(**live)
    assert found["MemorySize"] == 2048
    assert "contains other code" in ran.err  # edited by hand, and never released as this build
    assert found["CodeSha256"] == deployed.must("--output", "json", "build").json["sha256"]
    release = deployed.must("--output", "json", "releases").json["releases"][-1]
    assert found["Version"] == str(release["version_after"]) == deployed.live_version()
    assert "ignoring TF_VAR_lambda_memory_size from the shell" in " ".join(ran.err.split())
    back = shlex.split(" ".join(ran.err.split()).partition("to restore its own: hybridctl ")[2])
    assert back[:2] == ["deploy", "local"]
    steps = re.findall(r"^✓ (\w+)", ran.err, re.MULTILINE)
    assert steps[-5:] == ["prove", "warm", "shift", "allocate", "verify"], ran.err
    client = client_of(deployed.exports, "dynamodb")
    table = client.describe_table(TableName="hybrid-ci-cd-sessions-local")["Table"]
    assert table["DeletionProtectionEnabled"] is True
    assert table["ProvisionedThroughput"]["ReadCapacityUnits"] > 0
    refused = deployed.run("destroy", "local", "--yes")
    assert refused.code == 6, refused.all
    assert (
        deployed.run("deploy", "local", "--as", "production", "--var", "dynamodb_deletion_protection=false").code == 5
    )
    hint = re.search(r"hint: .*(hybridctl deploy local .*)", refused.err)
    assert hint is not None
    lifted = deployed.shell(hint[1].replace("deploy local", "deploy local --as production"))
    assert lifted.code == 0, lifted.all
    deployed.must(*back)
    assert functions.get_function_configuration(**live)["MemorySize"] == 512


def test_destroy_leaves_nothing(deployed: Clone):
    deployed.must("destroy", "local", "--yes")
    assert deployed.run("smoke").code == 3
