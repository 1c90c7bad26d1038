"""What gets into the zip, what stays out, and what is refused, each reported in one line."""

import os
import subprocess
import sys
import zipfile

import pytest

from fakes.binaries import ARM, INTEL, windows
from hybridctl.errors import BuildFailed

KEY = "-----BEGIN {}PRIVATE KEY-----\nMIIE\n-----END PRIVATE KEY-----\n"
SECRETS = [
    *(".env", ".env.production", "prod.env", ".envrc", "server.pem", "id_rsa"),
    *("id_ed25519", "tls.key", "x.p12", "x.pfx", "credentials.json", "credentials"),
    *(".npmrc", ".pypirc", ".netrc", "terraform.tfstate", "terraform.tfstate.backup", "client_secret_1.apps.json"),
    *("service-account.json", "service_account_prod.json", "secrets.yaml", ".htpasswd", "ID_RSA", "Server.PEM"),
    *(".ENV", "x.jks", ".git-credentials", ".pgpass"),
]


@pytest.mark.parametrize("name", SECRETS)
@pytest.mark.parametrize("folder", ["", "backend/deep/"])
def test_a_file_that_usually_holds_secrets_is_refused(checkout, name, folder):
    path = checkout.source / f"{folder}{name}"
    path.parent.mkdir(exist_ok=True)
    path.write_text("anything\n")
    with pytest.raises(BuildFailed, match="usually holds secrets") as refusal:
        checkout.build()
    assert f"{folder}{name}" in str(refusal.value)
    assert f'exclude = ["{folder}{name}"]' in str(refusal.value.hint)
    assert not checkout.zip.exists()


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("config.txt", KEY.format("")),
        ("backend/deploy.conf", f"host = x\n{KEY.format('RSA ')}"),
        ("data.json", KEY.format("EC ")),
        ("key.gpg", "-----BEGIN PGP PRIVATE KEY BLOCK-----\n"),
        ("firebase.json", '{"type": "service_account", "private_key": "x"}'),
    ],
)
def test_a_file_that_holds_a_key_is_refused_by_what_is_in_it(checkout, name, content):
    (checkout.source / name).write_text(content)
    with pytest.raises(BuildFailed, match=r"holds (a private key|the key of a service account)"):
        checkout.build()


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("cacert.pem", "-----BEGIN CERTIFICATE-----\nMIIE\n-----END CERTIFICATE-----\n"),
        ("id_rsa.pub", "ssh-rsa AAAA"),
        ("backend/credentials.py", "x = 1\n"),
        ("backend/keys.py", 'start = "-----BEGIN PRIVATE KEY-----"\n'),
        ("environment.json", "{}"),
        ("backend/tokens.json", '{"type": "service"}'),
    ],
)
def test_what_only_looks_like_a_secret_is_packaged(checkout, name, content):
    (checkout.source / name).write_text(content)
    checkout.build()
    assert name in checkout.names()


def test_what_is_allowed_by_name_is_packaged_and_what_is_excluded_is_not(checkout):
    (checkout.source / ".env").write_text("A=1\n")
    assert ".env" not in checkout.build(exclude=(".env",)).notes
    assert ".env" not in checkout.names()
    package = checkout.build(include=(".env",))
    assert ".env" in checkout.names()
    assert any("a function rarely needs it: .env" in note for note in package.notes)


def test_hidden_files_that_may_be_needed_are_packaged_and_named(checkout):
    (checkout.source / "backend" / ".schema.json").write_text("{}")
    (checkout.source / "dump.sql").write_text("x")
    (checkout.source / ".gitignore").write_text("x")
    package = checkout.build()
    assert {"backend/.schema.json", "dump.sql"} <= set(checkout.names())
    assert ".gitignore" not in checkout.names()
    assert "packaged, but a function rarely needs it: backend/.schema.json, dump.sql" in package.notes
    assert checkout.build().notes == package.notes  # also of a build that is kept


@pytest.mark.parametrize("folder", ["tests", "venv", "node_modules"])
def test_a_development_folder_is_left_out_and_named(checkout, folder):
    for where in ("", "backend/"):
        (checkout.source / where / folder).mkdir()
        (checkout.source / where / folder / "x.py").write_text("")
    package = checkout.build()
    assert not any(folder in name for name in checkout.names())
    assert f"left out: backend/{folder}/, {folder}/" in package.notes


@pytest.mark.parametrize(
    "line",
    [
        "from backend import tests",
        "import backend.tests",
        "from backend.tests import helper",
        "from . import tests",
        "from .tests.helper import x",
        "import backend.tests.helper as h",
        'import importlib; importlib.import_module("backend.tests")',
        "def late():\n    from backend import tests",
        "try:\n    import backend.tests\nexcept ImportError:\n    pass",
    ],
)
def test_a_folder_that_the_source_imports_is_packaged(checkout, line):
    tests = checkout.source / "backend" / "tests"
    tests.mkdir()
    (tests / "__init__.py").write_text("")
    (tests / "helper.py").write_text("x = 1\n")
    checkout.entry.write_text(f"{line}\ndef handle(e, c): pass\n")
    package = checkout.build()
    assert "backend/tests/helper.py" in checkout.names()
    assert not [note for note in package.notes if "left out" in note]


def test_a_folder_is_packaged_when_another_such_folder_imports_it(checkout):
    for folder, text in (("tests", "from backend import venv\n"), ("venv", ""), ("node_modules", "")):
        (checkout.source / "backend" / folder).mkdir()
        (checkout.source / "backend" / folder / "__init__.py").write_text(text)
    checkout.entry.write_text("from backend import tests\ndef handle(e, c): pass\n")
    package = checkout.build()
    assert {"backend/tests/__init__.py", "backend/venv/__init__.py"} <= set(checkout.names())
    assert "left out: backend/node_modules/" in package.notes


def test_a_virtual_environment_stays_out_whatever_its_name(checkout):
    (checkout.source / "env" / "lib").mkdir(parents=True)
    (checkout.source / "env" / "pyvenv.cfg").write_text("")
    (checkout.source / "env" / "lib" / "id_rsa").write_text("x")
    assert "left out: env/" in checkout.build().notes


@pytest.mark.skipif(sys.platform != "linux", reason="other systems cannot store both names")
def test_a_composed_and_a_decomposed_twin_are_refused(checkout):
    for name in ("gr\u00fcn.txt", "gru\u0308n.txt"):
        (checkout.source / name).write_text(name)
    with pytest.raises(BuildFailed, match="twice, composed and decomposed"):
        checkout.build()


def test_the_metadata_of_a_requirement_is_right_on_the_function(checkout, tmp_path):
    """importlib.metadata of a Python that has nothing but the package is the witness."""
    checkout.require("tool\n")
    with zipfile.ZipFile(checkout.wheel("tool", script=True), "a") as wheel:
        wheel.writestr("tool_data/x.txt", "x")
        program = zipfile.ZipInfo("tool-1.0.data/scripts/run")
        program.external_attr = 0o100755 << 16
        wheel.writestr(program, ARM)
        wheel.writestr("tool-1.0.data/scripts/greet", "#!python\nprint(1)\n")
        wheel.writestr("tool-1.0.data/scripts/plain", "#!/bin/sh\necho 1\n")
    package = checkout.build()
    task = tmp_path / "task"
    with zipfile.ZipFile(checkout.zip) as archive:
        archive.extractall(task)
        assert archive.getinfo("bin/run").external_attr >> 16 == 0o100755
    program = (
        "import json, sys; sys.path.insert(0, sys.argv[1]); from importlib import metadata\n"
        "files = metadata.files('tool')\n"
        "bad = [str(f) for f in files if not f.locate().exists()]\n"
        "names = {str(f) for f in files}\n"
        "print(json.dumps([sorted(names), bad, metadata.packages_distributions().get('tool')]))"
    )
    line = [sys.executable, "-I", "-S", "-c", program, str(task)]
    ran = subprocess.run(line, capture_output=True, text=True, check=True)
    import json

    names, missing, distributions = json.loads(ran.stdout)
    assert missing == []
    assert distributions == ["tool"]
    assert {"tool.py", "tool_data/x.txt", "bin/run", "bin/plain", "tool-1.0.dist-info/RECORD"} <= set(names)
    assert not {"bin/greet", "bin/tool"} & {*names, *checkout.names()}
    assert "left out: bin/greet, bin/tool" in package.notes


def test_windows_programs_of_a_requirement_are_left_out_and_named(checkout):
    checkout.require("tool\n")
    with zipfile.ZipFile(checkout.wheel("tool"), "a") as wheel:
        wheel.writestr("tool_data/w64.exe", windows())
    assert "left out: tool_data/w64.exe" in checkout.build().notes
    assert "tool_data/w64.exe" not in checkout.read("tool-1.0.dist-info/RECORD")


def test_a_program_of_another_machine_is_refused_in_bin_too(checkout):
    checkout.require("tool\n")
    with zipfile.ZipFile(checkout.wheel("tool"), "a") as wheel:
        wheel.writestr("tool-1.0.data/scripts/run", INTEL)
    with pytest.raises(BuildFailed, match="bin/run is machine code for x86_64"):
        checkout.build()


NEWER = "type Name = str\ndef handle(e, c): pass\n"  # Python 3.12's


def make_python(folder, name, version, answers=0):
    """A program that says it is that Python, and otherwise is this one."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    path.write_text(
        f'#!/bin/sh\ncase "$*" in *sys.version_info*) echo {version}; exit {answers};; esac\n'
        f'exec {sys.executable} "$@"\n'
    )
    path.chmod(0o755)
    return path


@pytest.mark.parametrize("where", ["PATH", "pyenv", "uv"])
def test_the_functions_own_python_checks_the_syntax_where_it_is_found(checkout, tmp_path, where):
    home = tmp_path / "home"
    folder = {
        "PATH": tmp_path / "bin",
        "pyenv": home / ".pyenv" / "versions" / "3.19.2" / "bin",
        "uv": home / ".local" / "share" / "uv" / "python" / "cpython-3.19.2-linux" / "bin",
    }[where]
    make_python(folder, "python3.19", "3.19.2")
    environ = {"HOME": str(home), "PATH": f"{folder}:{os.environ['PATH']}" if where == "PATH" else os.environ["PATH"]}
    environ |= {"PYENV_ROOT": "", "XDG_DATA_HOME": "", "UV_PYTHON_INSTALL_DIR": ""}
    assert checkout.build(environ, runtime="python3.19").checked_by == "Python 3.19.2"
    assert not checkout.build(environ, runtime="python3.19").fresh
    assert checkout.build(environ, runtime="python3.19").checked_by == "Python 3.19.2"
    checkout.entry.write_text("def broken(:\n")
    with pytest.raises(BuildFailed, match=r"entry\.py:1"):
        checkout.build(environ, runtime="python3.19")


def nowhere(tmp_path):
    return {
        "HOME": str(tmp_path),
        "PATH": "/nowhere",
        "PYENV_ROOT": "",
        "XDG_DATA_HOME": "",
        "UV_PYTHON_INSTALL_DIR": "",
    }


def test_without_it_newer_syntax_is_not_refused_and_a_warning_is_printed(checkout, tmp_path):
    checkout.entry.write_text("def handle(e, c): pass\nnewer than any Python\n")
    package = checkout.build(nowhere(tmp_path), runtime="python3.19")
    mine = ".".join(map(str, sys.version_info[:3]))
    assert package.checked_by == f"Python {mine}"
    (doubt,) = [note for note in package.notes if note.startswith("not checked")]
    assert "backend/entry.py:2" in doubt
    assert "Python 3.19 was not found" in doubt


def test_a_python_that_does_not_answer_is_passed_over(checkout, tmp_path):
    make_python(tmp_path / "bin", "python3.19", "3.19.2", answers=1)
    environ = nowhere(tmp_path) | {"PATH": str(tmp_path / "bin")}
    mine = ".".join(map(str, sys.version_info[:3]))
    assert checkout.build(environ, runtime="python3.19").checked_by == f"Python {mine}"


@pytest.mark.skipif(sys.version_info >= (3, 12), reason="this Python reads it itself")
def test_a_real_newer_python_reads_its_own_syntax(checkout):
    checkout.entry.write_text(NEWER)
    package = checkout.build(runtime="python3.13")
    if package.checked_by.startswith("Python 3.11"):
        pytest.skip("Python 3.13 is not installed on this machine")
    assert package.checked_by.startswith("Python 3.13.")
    assert package.notes == ()
