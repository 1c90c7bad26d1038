"""The environment of the sandbox's process: nothing of the user's credentials, profiles or proxies gets in."""

from collections.abc import Mapping

from hybridctl.sandbox import interpreters
from hybridctl.sandbox.home import ACCOUNT, REGION, Home
from hybridctl.sandbox.key import Key

# Whatever else the user has exported stays outside: the emulator hands its own environment on to every function.
INHERITED = ("PATH", "LANG", "LC_ALL", "LC_CTYPE", "TZ", "SYSTEMROOT", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH")


def compose(inherited: Mapping[str, str], home: Home, port: int, key: Key) -> dict[str, str]:
    """The whole environment for a sandbox serving on `port`; what is not named here is not in it.

    The emulator takes the key in it for that of the account's root, and checks presigned URLs by it.
    """
    nowhere = str(home.root / "no-such-file")
    return {
        **{name: inherited[name] for name in INHERITED if name in inherited},
        **interpreters.search_variables(inherited),
        "HOME": str(home.scratch),
        "TMPDIR": str(home.scratch),
        "PYTHONDONTWRITEBYTECODE": "1",
        "NO_PROXY": "*",
        "AWS_ACCESS_KEY_ID": key.access_key_id,
        "AWS_SECRET_ACCESS_KEY": key.secret_access_key,
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}",
        "AWS_CONFIG_FILE": nowhere,
        "AWS_SHARED_CREDENTIALS_FILE": nowhere,
        "AWS_EC2_METADATA_DISABLED": "true",
        # A small machine answers late; a function's client must not give up where AWS would have answered.
        "AWS_MAX_ATTEMPTS": "3",
        **({"AUTH": "true"} if home.enforced.exists() else {}),
        "GATEWAY_PORT": str(port),
        "MINISTACK_HOST": "localhost",
        "MINISTACK_ACCOUNT_ID": ACCOUNT,
        "MINISTACK_REGION": REGION,
        "PERSIST_STATE": "1",
        "STATE_DIR": str(home.state),
        "S3_PERSIST": "1",
        "S3_DATA_DIR": str(home.state / "s3"),
        "LAMBDA_EXECUTOR": "local",
        "IOT_MTLS_ENABLED": "0",
        "SFTP_ENABLED": "0",
        "DOCKER_HOST": "unix:///nonexistent",  # never talk to the user's Docker daemon
    }
