"""Files that are known to hold secrets, by their name or by what they begin with."""

import re
from fnmatch import fnmatchcase

_NAMES = (
    *(".env", ".env.*", "*.env", ".envrc", ".npmrc", ".pypirc", ".netrc", "_netrc", ".git-credentials", ".htpasswd"),
    *(".pgpass", ".my.cnf", ".dockercfg", ".vault-token", ".s3cfg", ".boto", "kubeconfig"),
    *("*.key", "*.p12", "*.pfx", "*.jks", "*.keystore", "*.kdbx", "*.ppk", "*.p8"),
    *("id_rsa", "id_dsa", "id_ecdsa", "id_ed25519", "id_*_sk"),
    *("credentials", "credentials.json", "credentials.csv", "client_secret*.json", "service[-_]account*.json"),
    *("secrets.json", "secrets.yaml", "secrets.yml", "secrets.toml", "*.tfstate", "*.tfstate.*", "*accesskeys.csv"),
)
_PRIVATE_KEY = re.compile(rb"-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY(?: BLOCK)?-----")
_SERVICE_ACCOUNT = re.compile(rb'"type"\s*:\s*"service_account"')
_LARGEST = 64 * 1024


def secret_reason(name: str, content: bytes) -> str | None:
    """Why the file looks like a secret, as "holds a private key"; None where it does not."""
    last = name.rpartition("/")[2].lower()
    if any(fnmatchcase(last, pattern) for pattern in _NAMES):
        return "is a file that usually holds secrets"
    if last.endswith((".py", ".md", ".rst")):  # code and text that speak of keys
        return None
    if len(content) <= _LARGEST:
        if _PRIVATE_KEY.search(content):
            return "holds a private key"
        if last.endswith(".json") and _SERVICE_ACCOUNT.search(content) and b'"private_key"' in content:
            return "holds the key of a service account"
    # Certificates alone are public: a bundle of authorities is a usual part of a package.
    if last.endswith(".pem") and (b"BEGIN CERTIFICATE" not in content or _PRIVATE_KEY.search(content)):
        return "is a file that usually holds secrets"
    return None
