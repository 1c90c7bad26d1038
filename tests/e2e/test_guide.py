"""The old guide, line by line: each has its row in the runbook, and every command of those rows runs in `local`."""

import re
import signal
import time

import httpx
import pytest
from typed import BLOCK, commands_of

from e2e.conftest import HANDLER, REPOSITORY, Clone, Run

# What the guide has its reader type, in its order.
GUIDE = """\
aws --version
terraform version
aws configure
aws sts get-caller-identity
make build
ls -lh terraform/lambda_function.zip
terraform init
terraform plan
terraform apply
terraform output > outputs.json
API_ENDPOINT=$(terraform output -raw api_endpoint)
curl $API_ENDPOINT/health
curl -X POST $API_ENDPOINT/auth/session
curl -X POST $API_ENDPOINT/auth/validate
aws logs tail /aws/lambda/hybrid-ci-cd-staging --follow
aws cloudwatch get-metric-statistics
aws dynamodb scan --table-name hybrid-ci-cd-sessions-staging
terraform init
terraform plan
terraform apply
make build
terraform apply -auto-approve
curl $API_ENDPOINT/health
terraform state list
aws lambda update-alias
terraform destroy
terraform apply
terraform apply -var="lambda_reserved_concurrency=10"
terraform apply -var="dynamodb_billing_mode=PROVISIONED"
aws dynamodb describe-table
aws dynamodb get-item
terraform apply -var='cors_origins=["https://yourdomain.com"]'
""".splitlines()

# Run in test_real_provider.py where there is a mirror, and in test_existing_function.py with a function to take over.
ELSEWHERE = ("--provider hashicorp", "--from-function")
LOGIN = {
    "user_id": "user123",
    "provider": "google",
    "oauth_tokens": {"access_token": "test_token"},
    "user_info": {"email": "user@example.com"},
}


def rows() -> list[tuple[str, str]]:
    """The runbook's first table: what the guide says, and what is typed now."""
    text = (REPOSITORY / "docs" / "runbook.md").read_text(encoding="utf-8")
    table = text.partition("| the guide | the command |")[2].partition("\n\n")[0]
    cells = [re.split(r"(?:^|\s)\|(?:\s|$)", line) for line in table.splitlines()[2:]]
    return [(left, right) for _, left, right, _ in cells]


def commands_today() -> list[str]:
    commands = [line for _, right in rows() for code in re.findall(r"`([^`]+)`", right) for line in commands_of(code)]
    return [re.sub(r"\b(staging|production)\b", "local", command) for command in commands]


def test_every_line_of_the_guide_has_its_row_in_the_guides_order():
    message = "\n".join(left for left, _ in rows())
    place = 0
    for line in GUIDE:
        found = message.find(line, place)
        assert found >= 0, f"{line}: not in the runbook, or not in the guide's place"
        place = found + 1


def test_no_row_is_without_an_answer():
    assert [left for left, right in rows() if not re.search(r"hybridctl|going-to-aws", right)] == []


@pytest.fixture(scope="module")
def already() -> set[str]:
    """What has run: the docs have many a line in several places."""
    return set()


@pytest.mark.parametrize("command", commands_today())
def test_every_command_runs_in_local(clone: Clone, already: set[str], command: str):
    """In order, on one sandbox; 5 is the answer of a check that has something to say."""
    remember(already, command)
    before(clone, command)
    ran = follow(clone, command) if "--follow" in command else clone.shell(substitute(clone, command))
    allowed = {0, 5} if re.search(r" (doctor|troubleshoot|drift|alarms|plan) ", f"{command} ") else {0}
    assert ran.code in allowed, f"{command}: {ran.all}"
    assert "Traceback" not in ran.err


def remember(already: set[str], command: str) -> None:
    """After a change of values `deploy local` is the way back, and is typed again."""
    if " --var " in command:
        already.discard("hybridctl deploy local")
    already.add(command)


def before(clone: Clone, command: str) -> None:
    """What the guide's reader has done by then: a session, a changed handler, a canary to end."""
    if "sessions list" in command or "sessions show" in command:
        answer = httpx.post(f"{clone.endpoint}/auth/session", json=LOGIN).raise_for_status()
        (clone.root / "session").write_text(answer.json()["session_id"])
    if "--out release.plan" in command or "blue-green" in command:
        clone.edit(HANDLER, lambda text: f"{text}\n# {command}\n")
    if command.startswith("hybridctl abort"):
        clone.edit(HANDLER, lambda text: f"{text}\n# to be taken back\n")
        clone.must("deploy", "local", "--strategy", "blue-green")


def substitute(clone: Clone, command: str) -> str:
    session = clone.root / "session"
    if command.startswith("hybridctl destroy"):
        return f"{command} --yes"
    return command.replace(" ID ", f" {session.read_text()} ") if session.exists() else command


def follow(clone: Clone, command: str) -> Run:
    """Until it has shown a request, then Ctrl-C, which is its ordinary end."""
    child = clone.start(*command.split()[1:])
    deadline = time.monotonic() + 60
    assert child.stdout is not None
    while time.monotonic() < deadline:
        httpx.get(f"{clone.endpoint}/health")
        if "/health" in child.stdout.readline():
            break
    child.send_signal(signal.SIGINT)
    out, err = child.communicate(timeout=30)
    return Run(0 if child.returncode == 130 else child.returncode, out, err)


def blocks() -> list[tuple[str, str]]:
    """Every block of commands in the docs that a reader is to type in order, with its page's name."""
    pages = ("README.md", "docs/adopting.md", "docs/iam-policy.md", "docs/runbook.md", "docs/going-to-aws.md")
    texts = ((page, (REPOSITORY / page).read_text(encoding="utf-8")) for page in pages)
    found = [(page, block) for page, text in texts for block in BLOCK.findall(text) if "hybridctl " in block]
    return [(page, block) for page, block in found if not any(words in block for words in ELSEWHERE)]


@pytest.mark.parametrize(("page", "block"), blocks())
def test_every_block_of_the_docs_runs_in_local(deployed: Clone, already: set[str], page: str, block: str):
    """Line by line, AWS's environments replaced by `local`; lines of other programs are theirs."""
    if "--plan " in block:
        deployed.edit(HANDLER, lambda text: f"{text}\n# {page}\n")
    httpx.post(f"{deployed.endpoint}/auth/session", json=LOGIN).raise_for_status()
    rehearsed = False
    for line in block.splitlines():
        if "hybridctl " not in line or line.startswith((".", "aws ")):
            continue
        command = re.sub(r"\b(staging|production|dev)\b(?!/)", "local", line).replace("--as local", "--as production")
        if rehearsed := rehearsed or "--as production" in command:
            command = command.replace("plan local", "plan local --as production")
        command = command.partition("  #")[0].rstrip()
        if command in already:
            continue
        remember(already, command)
        # With the ids of the repository, nobody has to ask GitHub for them.
        ran = deployed.shell(command.replace("--ci acme/backend", "--ci acme@123456/backend@456789"))
        allowed = {0, 5} if re.search(r" (doctor|alarms|plan) ", f"{command} ") else {0}
        assert ran.code in allowed, f"{page}: {command}: {ran.all}"
