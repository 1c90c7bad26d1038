"""A version that works when it is invoked directly and fails behind the API."""

from e2e.conftest import Clone


def test_what_only_the_api_can_break_is_taken_back(deployed: Clone):
    entry = deployed.root / "lambda_src/backend/entry.py"
    original = entry.read_text()
    broken = '    if "hybridctl" not in event:\n        raise RuntimeError\n    return _good(event, context)\n'
    entry.write_text(f"{original}\n\n_good = handle\n\n\ndef handle(event, context):\n{broken}")
    ran = deployed.run("deploy", "local", env={"HYBRIDCTL_PATIENCE_SILENCE": "3"})
    entry.write_text(original)
    assert ran.code == 7, ran.all
    assert "✓ roll back" in ran.err
    assert deployed.live_version() == "1"
    assert deployed.must("--output", "json", "releases").json["releases"][-1]["outcome"] == "taken-back"
    deployed.must("smoke")
