"""Requirement files, read as pip reads them: pip's own parser is the witness."""

import codecs
import os
import string
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hybridctl.adapters.packaging.redaction import redact
from hybridctl.adapters.packaging.requirement_lines import decode, read_lines
from hybridctl.errors import BuildFailed

QUICK = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
WORDS = st.sampled_from(
    [
        *(
            "pure",
            "pure==1.0",
            "a>=1",
            "#",
            " # c",
            "x#y",
            "\\",
            " \\",
            "\\\\",
            "${HOST}",
            "${lower}",
            "${UNSET}",
            "$HOST",
        ),
        *(
            "--hash=sha256:ab",
            "-r",
            "-c",
            "--pre",
            ";",
            "python_version<'3'",
            "@",
            "https://h/x.whl",
            "\t",
            "  ",
            "é",
            "'",
        ),
    ]
)
LINES = st.lists(st.lists(WORDS, max_size=5).map(" ".join), max_size=8)
ENDS = st.sampled_from(["\n", "\r\n", "\r"])
ENVIRON = {"HOST": "example.com", "A1": "x"}


def pips_lines(text: str) -> list[tuple[int, str]]:
    from pip._internal.req.req_file import preprocess

    return list(preprocess(text))


@QUICK
@given(LINES, ENDS)
def test_lines_are_those_that_pip_sees(lines, end):
    from hybridctl.adapters.packaging.requirement_lines import logical_lines

    text = end.join(lines)
    os.environ.update(ENVIRON)  # pip reads the process environment
    try:
        expected = pips_lines(text)
    finally:
        for name in ENVIRON:
            del os.environ[name]
    import re

    ours = [
        (number, re.sub(r"\$\{([A-Z0-9_]+)\}", lambda found: ENVIRON.get(found[1]) or found[0], line))
        for number, line in logical_lines(text)
    ]
    assert ours == expected


@pytest.mark.parametrize(
    "content",
    [
        b"pure\n",
        "# grüße\npure\n".encode(),
        codecs.BOM_UTF8 + b"pure\n",
        codecs.BOM_UTF16_LE + "pure\n".encode("utf-16-le"),
        codecs.BOM_UTF16_BE + "pure\n".encode("utf-16-be"),
        codecs.BOM_UTF32_BE + "pure\n".encode("utf-32-be"),
        b"# -*- coding: latin-1 -*-\n# \xfc\npure\n",
        b"#!x\n# coding=cp1252\n# \x80\npure\n",
        b"pure\r\nother\r\n",
    ],
)
def test_encodings_are_those_that_pip_knows(content):
    from pip._internal.utils.encoding import auto_decode

    assert decode(content) == auto_decode(content)


def test_a_file_that_pip_cannot_decode_is_named(tmp_path: Path):
    for content in (b"\xff\xfa pure\n", b"# coding: no-such\npure\n"):
        (tmp_path / "requirements.txt").write_bytes(content)
        with pytest.raises(BuildFailed, match=r"reading .*requirements\.txt: ") as failure:
            read_lines(tmp_path / "requirements.txt", {})
        assert failure.value.hint


def test_nested_files_options_and_constraints_are_those_that_pip_finds(tmp_path: Path):
    from pip._internal.network.session import PipSession
    from pip._internal.req.req_file import parse_requirements

    (tmp_path / "more").mkdir()
    (tmp_path / "requirements.txt").write_text(
        "one ; python_version > '3'\n-r more/two.txt\n--constraint=limits.txt\n-c limits.txt\n--pre\n"
        "four==1 \\\n  --hash=sha256:aa \\\n  --hash=sha256:bb\n"
    )
    (tmp_path / "more" / "two.txt").write_text("two\n--requirement three.txt\n")
    (tmp_path / "more" / "three.txt").write_bytes(codecs.BOM_UTF16_LE + "three\n".encode("utf-16-le"))
    (tmp_path / "limits.txt").write_text("one<9\n")
    file = tmp_path / "requirements.txt"
    theirs = [(one.requirement.strip(), one.constraint) for one in parse_requirements(str(file), session=PipSession())]
    ours = [(line.requirement, line.constraint) for line in read_lines(file, {}) if line.requirement]
    assert ours == theirs


@pytest.mark.parametrize("line", ["-r https://example.com/r.txt", "--requirement=https://example.com/r.txt"])
def test_a_file_on_another_host_is_refused(tmp_path: Path, line):
    (tmp_path / "requirements.txt").write_text(f"{line}\n")
    with pytest.raises(BuildFailed, match="is outside the checkout"):
        read_lines(tmp_path / "requirements.txt", {})


SECRET = "S3cr3t-T0ken"
LOGINS = st.sampled_from(
    ["u:{}@", "oauth2:{}@", "{}@", "__token__:{}@", "u%40x:{}@", ":{}@", "u:pre/{}/post@", "u:a@{}@"]
)
SCHEMES = st.sampled_from(["https", "http", "git+https", "git+ssh", "svn+https", "ssh", "HTTPS"])
HOSTS = st.sampled_from(["example.com", "example.com:8443", "127.0.0.1:8080", "[::1]:80", "h"])
FRAMES = st.sampled_from(
    ["-e {}", "x @ {}", "{}", "--index-url {}", "--extra-index-url={}", "'{}'", "Looking in: {}, y"]
)


@given(SCHEMES, LOGINS, HOSTS, FRAMES, st.text(string.ascii_lowercase + "/", max_size=9))
def test_a_login_in_an_address_is_never_shown(scheme, login, host, frame, path):
    text = frame.format(f"{scheme}://{login.format(SECRET)}{host}/{path}")
    assert SECRET not in redact(text)
    assert host.strip("[]").split(":")[0] in redact(text)


@pytest.mark.parametrize(
    "text",
    [
        f"https://example.com/x.whl?token={SECRET}",
        f"https://example.com/x.whl?a=b&X-Amz-Signature={SECRET}",
        f"u:{SECRET}@example.com/simple",
        "ghp_0123456789abcdefghij",
        "glpat-0123456789abcdefghij",
        "AKIAIOSFODNN7EXAMPLE",
    ],
)
def test_other_secrets_are_not_shown_either(text):
    shown = redact(text)
    assert SECRET not in shown
    assert "0123456789" not in shown
    assert "IOSFODNN7" not in shown


@pytest.mark.parametrize(
    "text",
    [
        "https://example.com:8443/a@main",
        "git+https://github.com/a/b@main#egg=b",
        "a@b",
        "name==1.0 ; python_version >= '3.8'",
        "2026-01-01 10:20:30 a@example.com",
    ],
)
def test_other_text_stays(text):
    assert redact(text) == text


def test_the_value_of_a_variable_is_hidden_wherever_it_stands():
    assert redact(f"cannot reach {SECRET}.example.com", [SECRET]) == "cannot reach ****.example.com"


@pytest.mark.parametrize(
    "line",
    [
        "-e git+https://oauth2:{}@example.com/x#egg=x",
        "--nope https://u:{}@example.com",
        "x @ file://u:{}@h/x",
        "a 'b {}",
    ],
)
def test_no_refusal_prints_the_token_of_a_line(checkout, line):
    address = f"https://u:{SECRET}@example.com/x"
    checkout.require(f"{line.format(SECRET if '://' in line else address)}\n")
    with pytest.raises(BuildFailed) as failure:
        checkout.build()
    assert SECRET not in f"{failure.value} {failure.value.hint}"


def test_no_refusal_prints_the_value_of_a_variable(checkout):
    checkout.require("-e git+https://${LOGIN}@example.com/x#egg=x\n")
    with pytest.raises(BuildFailed, match="exists only on this machine") as failure:
        checkout.build({"LOGIN": SECRET})
    assert SECRET not in str(failure.value)


def test_options_that_may_stand_alone_are_those_of_pip():
    from pip._internal.req.req_file import SUPPORTED_OPTIONS

    from hybridctl.adapters.packaging.requirement_files import _OPTIONS

    theirs = {name for make in SUPPORTED_OPTIONS for name in (*make()._short_opts, *make()._long_opts)}
    assert theirs == set(_OPTIONS)
