"""`hybridctl outputs`, whole, on fakes."""

from fakes import FakeBackend


def test_outputs_as_a_table_as_json_and_raw(hybridctl, golden):
    backend = FakeBackend.deployed(1)
    golden("outputs.txt", hybridctl("outputs", backend=backend).transcript)
    golden("outputs-as-json.txt", hybridctl("--output", "json", "outputs", backend=backend).transcript)
    raw = hybridctl("outputs", "local", "--raw", "api_endpoint", backend=backend)
    assert raw.out == "http://127.0.0.1:4566/_aws/execute-api/abc/local\n"
    missing = hybridctl("outputs", "--raw", "endpoint", backend=backend)
    assert missing.code == 3
    assert "error: there is no output 'endpoint'\nhint: did you mean 'api_endpoint'?\n" in missing.err
    assert "hint: outputs: alarm_names, " in hybridctl("outputs", "--raw", "x", backend=backend).err
