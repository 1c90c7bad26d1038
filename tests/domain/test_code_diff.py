"""The code of two packages line by line, held to what `patch` makes of it."""

import shutil
import subprocess

import pytest

from hybridctl.domain.code_diff import LARGEST, compare_code, keep_lines
from hybridctl.domain.secrets import hide_secrets

BEFORE = {
    "app/a.py": b"one\ntwo\nthree\n",
    "app/gone.py": b"x = 1\n",
    "app/lib.so": b"\x7fELF\0" + b"1" * 50,
    "app/same.py": b"same\n",
    "app/crlf.py": b"a\r\nb\r\n",
    "build.json": b"1",
}
AFTER = {
    "app/a.py": b"one\nTWO\nthree\nfour",
    "app/new.py": b"y = 2\n",
    "app/lib.so": b"\x7fELF\0" + b"2" * 70,
    "app/same.py": b"same\n",
    "app/crlf.py": b"a\nb\n",
    "build.json": b"2",
}


def by_name(before, after):
    return {file.name: file for file in compare_code(before, after).files}


def test_what_differs_is_shown_and_nothing_else():
    found = by_name(BEFORE, AFTER)
    assert list(found) == ["app/a.py", "app/crlf.py", "app/gone.py", "app/lib.so", "app/new.py"]
    assert found["app/a.py"].lines[-4:] == ("+TWO", " three", "+four", "\\ No newline at end of file")
    assert found["app/new.py"].lines[:2] == ("--- /dev/null", "+++ b/app/new.py")
    assert found["app/gone.py"].lines[1] == "+++ /dev/null"
    assert found["app/lib.so"].lines == ()
    assert "55 bytes, SHA-256 " in found["app/lib.so"].note
    assert "→ 75 bytes" in found["app/lib.so"].note
    assert "line ends alone" in found["app/crlf.py"].note


@pytest.mark.skipif(not shutil.which("patch"), reason="there is no `patch` to read the diff")
@pytest.mark.parametrize(
    "texts", [(b"a\nb\nc\nd\ne\nf\n", b"a\nB\nc\nd\ne\nf\ng\n"), (b"a\nb", b"a\nb\nc"), (b"a\nb\nc", b"c\n")]
)
def test_patch_makes_the_one_of_the_other(tmp_path, texts):
    before, after = ({"m.py": text} for text in texts)
    (tmp_path / "m.py").write_bytes(before["m.py"])
    diff = "\n".join(by_name(before, after)["m.py"].lines) + "\n"
    subprocess.run(["patch", "-p1"], cwd=tmp_path, input=diff.encode(), check=True, capture_output=True)
    assert (tmp_path / "m.py").read_bytes() == after["m.py"]


def test_a_large_file_is_compared_by_its_size():
    found = by_name({"m.py": b"x\n" * LARGEST}, {"m.py": b"y\n" * LARGEST})
    assert "binary or large" in found["m.py"].note


SECRETS = [
    'key = "AKIAIOSFODNN7EXAMPLE"',
    "token: ghp_abcdefghijklmnopqrstuvwxyz0123456789",
    'DB_PASSWORD = "correct horse battery"',
    "url = postgres://ada:hunter22@db.example.com/x",
    '"client_secret": "s3cr3t-value"',
    "    MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7VJTUt9Us8cKB",
]


@pytest.mark.parametrize("line", SECRETS)
def test_what_looks_like_a_credential_is_not_shown(line):
    shown = "\n".join(by_name({}, {"m.py": f"{line}\n".encode()})["m.py"].lines)
    assert "***" in shown
    for part in ("AKIAIOSFODNN7EXAMPLE", "abcdefghij", "horse", "hunter22", "s3cr3t", "MIIEvQIB"):
        assert part not in shown


@pytest.mark.parametrize("line", ["token = read_token(event)", "if password is None:", "return secrets[name]", "a: b"])
def test_code_that_only_speaks_of_secrets_stays(line):
    assert hide_secrets(line) == line


def test_a_file_that_holds_secrets_is_named_and_not_shown():
    found = by_name({"app/.env": b"A=1"}, {"app/.env": b"A=2"})["app/.env"]
    assert (found.lines, found.note.partition(",")[0]) == ((), "is a file that usually holds secrets")


def test_a_long_diff_is_cut_and_says_by_how_much():
    diff = compare_code({}, {"a.py": b"x\n" * 50, "b.py": b"y\n" * 50, "c.so": b"\0"})
    kept = keep_lines(diff, 60)
    assert sum(len(file.lines) for file in kept.files) == 60
    assert kept.more == 2 * 53 - 60
    assert kept.files[-1].note
    assert keep_lines(diff, 0) == diff
