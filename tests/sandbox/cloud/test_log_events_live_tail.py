"""Live Tail on the sandbox: what a stream is given, the session sends."""

import time

from hybridctl.adapters.aws.live_tail import CloudWatchLiveTail
from hybridctl.adapters.aws.session import AwsSession
from hybridctl.domain.sandbox import AccessKey
from hybridctl.sandbox.home import ACCOUNT
from sandbox.cloud.functions import unique


def test_a_session_sends_what_is_put_meanwhile(sandbox):
    logs, group = sandbox.client("logs"), unique("/test/live")
    logs.create_log_group(logGroupName=group)
    logs.create_log_stream(logGroupName=group, logStreamName="s")
    key = AccessKey(sandbox.key.access_key_id, sandbox.key.secret_access_key)
    session = AwsSession(sandbox.region, endpoint=sandbox.endpoint, key=key)
    tail = CloudWatchLiveTail(lambda: session.impatient_client("logs"), group=group, account=ACCOUNT)
    seen, is_put = [], False
    for update in tail.updates(None):
        if not is_put:  # the session is there by its first, empty update
            is_put = True
            event = {"timestamp": int(time.time() * 1000), "message": "hello"}
            logs.put_log_events(logGroupName=group, logStreamName="s", logEvents=[event])
        seen += [event.message for event in update.events]
        if seen:
            break
    assert seen == ["hello"]
