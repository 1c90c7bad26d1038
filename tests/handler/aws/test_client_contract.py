"""The handler's client and botocore's get the same answers from moto, and from recorded answers of dynalite."""

import json
import os

import boto3
import pytest
from botocore.config import Config

from backend.aws.connections import Connections
from handler.contract import RECORDED, Botocores, Replay, conversation, lead, make_table, ours
from handler.dynalite import TABLE, dynalite, record
from handler.transports import REGION, MotoTransport

NAMED = {"region_name": REGION, "aws_access_key_id": "x", "aws_secret_access_key": "x"}


def test_both_clients_get_the_same_answers_from_moto(moto_table):
    make_table(moto_table, TABLE)
    mine = lead(ours(MotoTransport("dynamodb")), TABLE)
    make_table(moto_table, TABLE)
    assert mine == lead(Botocores(moto_table), TABLE)
    assert [answer for _, answer in mine].count("ConditionalCheckFailedException") == 2


def test_both_clients_get_the_same_answers_from_dynalite():
    kept = json.loads(RECORDED.read_text(encoding="utf-8"))
    for_me, for_botocore = Replay(kept), Replay(kept)
    client = boto3.client("dynamodb", **NAMED, config=Config(retries={"total_max_attempts": 1}))
    client.meta.events.register("before-send.dynamodb", for_botocore.answer_botocore)
    mine = lead(ours(for_me), TABLE)
    assert mine == lead(Botocores(client), TABLE)
    assert (for_me.left, for_botocore.left) == (0, 0)
    assert all("x-amz-crc32" in headers for _, _, _, headers, _ in kept)
    assert len(kept) == len(conversation(TABLE))
    refused = [answer for _, answer in mine if isinstance(answer, str)]
    assert refused == [
        *["ConditionalCheckFailedException"] * 2,
        "ResourceNotFoundException",
        *["ValidationException"] * 3,
    ]


def test_dynalite_still_answers_as_it_was_recorded():
    cli = os.environ.get("DYNALITE")
    if not cli:
        pytest.skip("DYNALITE does not name the cli.js of dynalite: the recorded answers stand for it")
    assert [kept[:3] for kept in record(cli)] == [kept[:3] for kept in json.loads(RECORDED.read_text(encoding="utf-8"))]
    with dynalite(cli) as (address, client):
        make_table(client, TABLE)
        mine = lead(ours(Connections(address)), TABLE)
        make_table(client, TABLE)
        assert mine == lead(Botocores(client), TABLE)
