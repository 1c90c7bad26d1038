"""Where a release comes from: exactly a commit, a commit with changes, or unknown. git itself is the witness."""

import os
import subprocess
from pathlib import Path

import pytest

from hybridctl.adapters.checkout import GitCheckout
from hybridctl.adapters.git import FOREIGN_GIT, Git
from hybridctl.domain.release import Source

WHO = {"GIT_AUTHOR_NAME": "a", "GIT_AUTHOR_EMAIL": "a@b", "GIT_COMMITTER_NAME": "a", "GIT_COMMITTER_EMAIL": "a@b"}
ENVIRON = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")} | {
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_NOSYSTEM": "1",
}


def git(folder: Path, *arguments: str) -> str:
    line = ["git", "-c", "commit.gpgsign=false", "-c", "protocol.file.allow=always", *arguments]
    ran = subprocess.run(line, cwd=folder, env=ENVIRON | WHO, capture_output=True, text=True, check=True)
    return ran.stdout.strip()


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    return make(tmp_path / "here")


def make(root: Path) -> Path:
    (root / "src").mkdir(parents=True)
    (root / "src" / "entry.py").write_text("x = 1\n")
    (root / ".gitignore").write_text("local_settings.py\n")
    git(root, "init", "-q", "-b", "main")
    git(root, "add", ".")
    git(root, "commit", "-qm", "one")
    return root


def look(root: Path, environ: dict[str, str] | None = None, folder: str = "src") -> Source:
    packaged = [path for path in (root / folder).rglob("*") if path.is_file()]
    return Git(root, ENVIRON | (environ or {})).source(lambda: packaged)


def test_a_clean_checkout_is_its_commit(repository: Path):
    assert look(repository) == Source(git(repository, "rev-parse", "HEAD"))
    assert look(repository).mark == ""


def test_files_that_hybridctl_writes_are_no_changes(repository: Path):
    clean = Source(git(repository, "rev-parse", "HEAD"))
    mine = [repository / "FILE", repository / "new" / "events [1].ndjson", repository.parent / "elsewhere"]
    (repository / "new").mkdir()
    for path in mine:
        path.write_text("x")
    assert Git(repository, ENVIRON).source().dirty
    assert Git(repository, ENVIRON).source(apart_from=mine) == clean
    assert Git(repository / "src", ENVIRON).source(apart_from=[repository / "src" / "FILE"]).dirty, "of all the tree"
    (repository / "new" / "other").touch()
    assert Git(repository, ENVIRON).source(apart_from=mine).dirty


def test_a_look_writes_nothing_into_the_repository(repository: Path):
    """`git status` refreshes the index of a file that was only touched, unless optional locks are off."""
    index = repository / ".git" / "index"
    os.utime(repository / "src" / "entry.py", (0, 0))
    before = index.read_bytes()
    assert look(repository).mark == ""
    assert index.read_bytes() == before


def test_a_checkout_disregards_a_named_file(repository: Path):
    checkout = GitCheckout(repository, repository / ".git", repository, ENVIRON)
    (repository / "FILE").touch()
    checkout.disregard(repository / "FILE")
    assert checkout.source() == Source(git(repository, "rev-parse", "HEAD"))


def edit(root: Path) -> None:
    (root / "src" / "entry.py").write_text("x = 2\n")


def edit_unseen(root: Path) -> None:
    git(root, "update-index", "--assume-unchanged", "src/entry.py")
    edit(root)


def edit_skipped(root: Path) -> None:
    git(root, "update-index", "--skip-worktree", "src/entry.py")
    edit(root)


def stage(root: Path) -> None:
    edit(root)
    git(root, "add", ".")


def add_untracked(root: Path) -> None:
    git(root, "config", "status.showUntrackedFiles", "no")
    (root / "src" / "more.py").write_text("")


def add_ignored(root: Path) -> None:
    (root / "src" / "local_settings.py").write_text("")


def ignore_locally(root: Path) -> None:
    (root / ".git" / "info" / "exclude").write_text("more.py\n")
    (root / "src" / "more.py").write_text("")


def ignore_everywhere(root: Path) -> None:
    (root / ".git" / "ignored").write_text("more.py\n")
    git(root, "config", "core.excludesFile", str(root / ".git" / "ignored"))
    (root / "src" / "more.py").write_text("")


@pytest.mark.parametrize(
    "change",
    [edit, edit_unseen, edit_skipped, stage, add_untracked, add_ignored, ignore_locally, ignore_everywhere],
)
def test_a_package_that_is_not_the_commits_is_modified(repository: Path, change):
    change(repository)
    found = look(repository)
    assert (found.commit, found.dirty, found.mark) == (git(repository, "rev-parse", "HEAD"), True, "+")


def test_an_ignored_file_that_is_not_packaged_changes_nothing(repository: Path):
    (repository / "local_settings.py").write_text("")
    assert not look(repository).dirty


def test_what_git_itself_converts_is_not_a_change(repository: Path):
    (repository / ".gitattributes").write_text("*.py text eol=crlf\n")
    git(repository, "add", ".")
    git(repository, "commit", "-qm", "two")
    (repository / "src" / "entry.py").unlink()
    git(repository, "checkout", "--", ".")
    assert (repository / "src" / "entry.py").read_bytes() == b"x = 1\r\n"
    assert not look(repository).dirty


@pytest.mark.parametrize("name", sorted(FOREIGN_GIT))
def test_a_variable_of_another_repository_changes_nothing(repository: Path, tmp_path: Path, name):
    other = make(tmp_path / "other")
    git(other, "commit", "-q", "--allow-empty", "-m", "elsewhere")
    values = {"GIT_DIR": other / ".git", "GIT_WORK_TREE": other, "GIT_INDEX_FILE": other / ".git" / "index"}
    assert look(repository, {name: str(values.get(name, other / ".git"))}) == look(repository)


def test_a_worktree_a_shallow_clone_and_a_detached_head_are_their_commit(repository: Path, tmp_path: Path):
    git(repository, "commit", "-q", "--allow-empty", "-m", "two")
    head = git(repository, "rev-parse", "HEAD")
    git(repository, "worktree", "add", "-q", "--detach", str(tmp_path / "tree"))
    git(tmp_path, "clone", "-q", "--depth", "1", f"file://{repository}", "shallow")
    for root in (tmp_path / "tree", tmp_path / "shallow"):
        assert look(root) == Source(head)
        edit(root)
        assert look(root).dirty


def test_a_submodule_is_the_commit_that_it_is_pinned_at(repository: Path, tmp_path: Path):
    whole = make(tmp_path / "whole")
    git(whole, "submodule", "add", "-q", str(repository), "part")
    git(whole, "commit", "-qm", "with a part")
    assert look(whole, folder="part/src") == Source(git(whole, "rev-parse", "HEAD"))
    (whole / "part" / "src" / "local_settings.py").write_text("")
    assert look(whole, folder="part/src").dirty


def test_a_link_to_a_tracked_file_is_not_a_change(repository: Path):
    (repository / "src" / "alias.py").symlink_to("entry.py")
    git(repository, "add", ".")
    git(repository, "commit", "-qm", "two")
    assert not look(repository).dirty


def break_index(root: Path) -> dict[str, str]:
    (root / ".git" / "index").write_bytes(b"broken")
    edit(root)
    return {}


def hide_git(root: Path) -> dict[str, str]:
    return {"PATH": str(root / "nowhere")}


def remove_repository(root: Path) -> dict[str, str]:
    (root / ".git").rename(root / "gone")
    return {}


def own_by_another(root: Path) -> dict[str, str]:
    if os.geteuid() != 0:
        pytest.skip("only root can give a file away")
    for path in (root, root / ".git"):
        os.chown(path, 12345, 12345)
    return {}


def break_object(root: Path) -> dict[str, str]:
    head = git(root, "rev-parse", "HEAD")
    (root / ".git" / "objects" / head[:2] / head[2:]).unlink()
    return {}


def begin(root: Path) -> dict[str, str]:
    remove_repository(root)
    git(root, "init", "-q")
    return {}


@pytest.mark.parametrize(
    ("damage", "reason"),
    [
        (break_index, "index"),
        (hide_git, "not on PATH"),
        (remove_repository, "not a git repository"),
        (own_by_another, "belongs to another user"),
        (break_object, "no commit"),
        (begin, "no commit"),
    ],
)
def test_where_git_does_not_know_nothing_is_guessed(repository: Path, damage, reason):
    environ = damage(repository)
    found = look(repository, environ)
    assert reason in found.doubt
    assert not found.dirty
    assert found.mark == "?"


def test_the_actor_is_this_repositorys_and_no_other(repository: Path, tmp_path: Path):
    other = make(tmp_path / "other")
    git(other, "config", "user.email", "other@example.com")
    git(repository, "config", "user.email", "ada@example.com")
    environ = ENVIRON | {"GIT_DIR": str(other / ".git")}
    assert GitCheckout(repository, repository / ".hybridctl", repository, environ).actor() == "ada@example.com"
