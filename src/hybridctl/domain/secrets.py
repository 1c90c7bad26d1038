"""What looks like a secret: files, by name or content, and credentials in a line of code."""

import re

# Lower-case names. Sets and suffixes are used instead of patterns, because every build checks every file.
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
    """Return why the file looks like a secret, such as "holds a private key", or None."""
    last = name.rpartition("/")[2].lower()
    if last in _NAMES or last.endswith(_ENDINGS) or last.startswith(".env.") or _is_key_file(last):
        return "is a file that usually holds secrets"
    if last.endswith((".py", ".md", ".rst")):  # code and text may mention keys
        return None
    if len(content) <= _LARGEST:
        if _PRIVATE_KEY.search(content):
            return "holds a private key"
        if last.endswith(".json") and _SERVICE_ACCOUNT.search(content) and b'"private_key"' in content:
            return "holds the key of a service account"
    # Certificates are public: CA bundles are a normal part of a package.
    if last.endswith(".pem") and (b"BEGIN CERTIFICATE" not in content or _PRIVATE_KEY.search(content)):
        return "is a file that usually holds secrets"
    return None


def _is_key_file(last: str) -> bool:
    return last.startswith(_KEY_FILES) and last.endswith(".json")


_CREDENTIALS = re.compile(
    r"\b(?:AKIA|ASIA)[A-Z0-9]{16}\b"
    r"|\bgh[pousr]_[A-Za-z0-9]{30,}|\bgithub_pat_\w{30,}"
    r"|\bxox[abeoprs]-[\w-]{10,}"
    r"|\bAIza[\w-]{35}"
    r"|\b[rs]k_(?:live|test)_[A-Za-z0-9]{16,}"
    r"|\beyJ[\w-]{10,}\.eyJ[\w-]{10,}\.[\w-]+"
)
_IN_URL = re.compile(r"(?<=://)[^\s/:@]+:[^\s/@]+(?=@)")
_NAMED = re.compile(
    r"(?i)((?:pass(?:word|wd|phrase)?|secret|token|api_?key|access_?key|private_?key|credential)\w*[\"']?\s*[:=]\s*)"
    r"([\"'])(?:(?!\2).){6,}\2"
)
_OF_A_KEY = re.compile(r"^[ \t\"']*[A-Za-z0-9+/]{60,}={0,2}[ \t\"',\\n]*$")
HIDDEN = "***"


def hide_secrets(line: str) -> str:
    """Replace what looks like a credential by `***`: known formats, and strings with names such as "password"."""
    if _OF_A_KEY.match(line):
        return HIDDEN
    line = _IN_URL.sub(HIDDEN, _CREDENTIALS.sub(HIDDEN, line))
    return _NAMED.sub(lambda found: f"{found[1]}{found[2]}{HIDDEN}{found[2]}", line)
