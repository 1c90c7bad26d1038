"""Files that are known to hold secrets, by their name or by what they begin with."""

import re

# Names in lower case; sets and endings rather than patterns, because every build asks for every file.
_NAMES = {
    *(".env", ".envrc", ".npmrc", ".pypirc", ".netrc", "_netrc", ".git-credentials", ".htpasswd", ".pgpass", ".my.cnf"),
    *(".dockercfg", ".vault-token", ".s3cfg", ".boto", "kubeconfig", "credentials", "credentials.json"),
    *("id_rsa", "id_dsa", "id_ecdsa", "id_ed25519", "id_ecdsa_sk", "id_ed25519_sk"),
    *("credentials.csv", "secrets.json", "secrets.yaml", "secrets.yml", "secrets.toml"),
}
_ENDINGS = (
    *(".env", ".key", ".p12", ".pfx", ".jks", ".keystore", ".kdbx", ".ppk", ".p8"),
    *(".tfstate", ".tfstate.backup", "accesskeys.csv"),
)
_KEY_FILES = ("client_secret", "service-account", "service_account")
_PRIVATE_KEY = re.compile(rb"-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY(?: BLOCK)?-----")
_SERVICE_ACCOUNT = re.compile(rb'"type"\s*:\s*"service_account"')
_LARGEST = 64 * 1024


def secret_reason(name: str, content: bytes) -> str | None:
    """Why the file looks like a secret, as "holds a private key"; None where it does not."""
    last = name.rpartition("/")[2].lower()
    if last in _NAMES or last.endswith(_ENDINGS) or last.startswith(".env.") or _is_key_file(last):
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


def _is_key_file(last: str) -> bool:
    return last.startswith(_KEY_FILES) and last.endswith(".json")
