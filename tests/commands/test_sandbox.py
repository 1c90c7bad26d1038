"""`hybridctl sandbox`, whole, on fakes."""

from fakes import FakeSandbox


def test_the_sandbox_says_what_to_export_and_what_was_done(hybridctl, golden, project):
    sandbox = FakeSandbox(project)
    golden("sandbox-stopped.txt", hybridctl("sandbox", "status", sandbox=sandbox).transcript)
    golden("sandbox-start.txt", hybridctl("sandbox", "start", sandbox=sandbox).transcript)
    golden("sandbox-stop.txt", hybridctl("sandbox", "stop", sandbox=sandbox).transcript)
    golden("sandbox-gaps.txt", hybridctl("sandbox", "gaps", sandbox=sandbox).transcript)
    golden("sandbox-reset.txt", hybridctl("sandbox", "reset", sandbox=sandbox).transcript)
    assert sandbox.calls == ["start None", "stop", "reset"]


def test_a_key_has_the_policies_of_its_role(hybridctl, golden, project):
    sandbox = FakeSandbox(project)
    ran = hybridctl("sandbox", "key", "plan", sandbox=sandbox)
    golden("sandbox-key.txt", ran.transcript)
    assert sandbox.calls == ["start None", "key plan, 16 statements"]
    assert len(ran.out.splitlines()) == 1  # a shell evaluates it


def test_the_sandboxs_own_log_is_shown(hybridctl, golden, project):
    sandbox = FakeSandbox(project)
    assert hybridctl("sandbox", "logs", sandbox=sandbox).code == 3
    sandbox.log.write_text("one\ntwo\nthree\n")
    golden("sandbox-logs.txt", hybridctl("sandbox", "logs", "-n", "2", sandbox=sandbox).transcript)
