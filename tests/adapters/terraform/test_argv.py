"""The engine's command lines."""

from pathlib import Path

from hybridctl.adapters.terraform import argv
from hybridctl.domain.engine import Engine

ENGINE = Engine("terraform", "1.11.4", ("/bin/terraform",))


def test_a_plan_line_carries_values_and_variables():
    line = argv.plan(
        ENGINE, Path("p"), var_files=[Path("v.tfvars")], variables={"a": "[1]"}, destroy=False, lock_seconds=7
    )
    assert line[:2] == ["/bin/terraform", "plan"]
    assert {"-json", "-input=false", "-var-file=v.tfvars", "-var=a=[1]", "-out=p"} <= set(line)
    assert "-destroy" not in line
    assert "-destroy" in argv.plan(ENGINE, Path("p"), var_files=[], variables={}, destroy=True, lock_seconds=7)


def test_apply_takes_only_the_saved_plan():
    assert argv.apply(ENGINE, Path("p"), 7)[-1] == "p"
    assert "-auto-approve" not in argv.apply(ENGINE, Path("p"), 7)


def test_init_names_each_backend_setting():
    line = argv.init(ENGINE, {"bucket": "b", "key": "k"})
    assert {"-backend-config=bucket=b", "-backend-config=key=k", "-reconfigure"} <= set(line)
