"""The environment that the engine gets."""

from hybridctl.adapters.terraform.environment import child_environment


def test_hidden_arguments_and_workspaces_do_not_reach_the_engine(tmp_path):
    ambient = {"PATH": "/bin", "TF_CLI_ARGS_apply": "-auto-approve", "TF_WORKSPACE": "x", "TF_VAR_a": "1"}
    child = child_environment(ambient | {"TF_VAR_b": "2"}, tmp_path, reattach="{}", shell_variables=["a"])
    assert "TF_VAR_b" not in child
    assert not [name for name in child if name.startswith("TF_CLI_ARGS") or name == "TF_WORKSPACE"]
    assert (child["TF_VAR_a"], child["TF_DATA_DIR"], child["TF_REATTACH_PROVIDERS"]) == ("1", str(tmp_path), "{}")


def test_a_cli_configuration_that_is_not_there_is_left_out(tmp_path):
    real = tmp_path / "rc"
    real.touch()
    assert "TF_CLI_CONFIG_FILE" not in child_environment({"TF_CLI_CONFIG_FILE": "/nowhere/rc"}, tmp_path)
    assert child_environment({"TF_CLI_CONFIG_FILE": str(real)}, tmp_path)["TF_CLI_CONFIG_FILE"] == str(real)
