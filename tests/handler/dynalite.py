"""dynalite's raw answers to the handler's calls. To record them in dynalite.json again:

PYTHONPATH=tests:lambda_src python -m handler.dynalite CLI_JS

CLI_JS is the cli.js of `npm install dynalite`, a DynamoDB that was made elsewhere; it needs node.
"""

import json
import os
import subprocess
import sys
import time
from contextlib import contextmanager

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError

from backend.aws.connections import Connections
from handler.contract import RECORDED, Recording, lead, make_table, ours
from handler.transports import REGION

TABLE = "sessions"


@contextmanager
def dynalite(cli):
    """A running dynalite: its address, and boto3's client of it."""
    port = 40000 + os.getpid() % 20000
    options = ["--createTableMs", "0", "--deleteTableMs", "0"]
    server = subprocess.Popen(["node", cli, "--port", str(port), *options], stdout=subprocess.DEVNULL)
    address = f"http://127.0.0.1:{port}"
    client = boto3.client(
        "dynamodb",
        endpoint_url=address,
        region_name=REGION,
        aws_access_key_id="x",
        aws_secret_access_key="x",
        config=Config(proxies={}, retries={"total_max_attempts": 1}),
    )
    try:
        for _ in range(100):
            try:
                client.list_tables()
                break
            except BotoCoreError:
                time.sleep(0.1)
        yield address, client
    finally:
        server.terminate()
        server.wait()


def record(cli):
    with dynalite(cli) as (address, client):
        make_table(client, TABLE)
        recording = Recording(Connections(address))
        lead(ours(recording), TABLE)
    return recording.kept


if __name__ == "__main__":
    RECORDED.write_text(json.dumps(record(sys.argv[1]), indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
