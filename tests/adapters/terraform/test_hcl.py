"""Values as Terraform itself reads them, and the names of variables."""

import json
import shutil
import subprocess
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hybridctl.adapters.terraform.hcl import NotReadable, read_assignments, read_block_names
from hybridctl.adapters.terraform.variables import read_declared_variables, read_values, value_files
from hybridctl.domain.values import Values
from hybridctl.errors import ConfigurationInvalid

ENVIRONMENTS = Path(__file__).resolve().parents[3] / "terraform" / "environments"

LITERALS = r"""
number = 512 // note
other = 512 # note
after_block = 512 /* note */
/* a
 = 1
comment */
negative = -5
fraction = 2.50
exponent = 1e3
yes = true
no = false
nothing = null
text = "plain # no comment // here /* nor */ here"
escapes = "q\"uo\\te\tü\u00e9\U0001F600\n"
dollars = "$${literal} 100% $ %%{x}"
empty = ""
list = ["a", 1, true, null, ["b"],]
list_in_lines = [
  "a", # first
  "b",
]
map = { one = 1, "two" = [2], three : 3 }
map_in_lines = {
  one = 1
  two = { three = "x" }

  four = 4, five = 5
}
here = <<EOT
line one
  line "two"
EOT
indented = <<-EOT
    line one
      line two
    EOT
with-dash = 1
   spaced     =     7
twice = 1
"""
EXPRESSIONS = r"""
product = 4 * 512
template = "x ${1 + 2} y"
nested = "a ${"b" == "b" ? "c" : "}"} d"
condition = true ? 1 : 2
parens = (5)
inner = [1, 1 + 1]
inner_map = { a = 1 + 1 }
negated = !true
sum = 1 + 2
minus = 1 - 1
"""


def test_literals_are_what_terraform_makes_of_them(tmp_path: Path):
    engine = shutil.which("terraform")
    if engine is None:
        pytest.skip("no terraform on PATH to compare with")
    read = read_assignments(LITERALS + EXPRESSIONS)
    (tmp_path / "terraform.tfvars").write_text(LITERALS + EXPRESSIONS, encoding="utf-8")
    blocks = "".join(f'variable "{name}" {{}}\n' for name in {*read.values, *read.unreadable})
    (tmp_path / "main.tf").write_text(blocks)
    for line in (["init"], ["plan", "-out=p"]):
        subprocess.run([engine, *line, "-input=false"], cwd=tmp_path, check=True, capture_output=True)
    shown = subprocess.run([engine, "show", "-json", "p"], cwd=tmp_path, check=True, capture_output=True).stdout
    theirs = {name: one.get("value") for name, one in json.loads(shown)["variables"].items()}
    assert {name: value for name, value in theirs.items() if name in read.values} == dict(read.values)
    assert (
        set(read.unreadable)
        == set(read_assignments(EXPRESSIONS).unreadable)
        == {line.partition(" ")[0] for line in EXPRESSIONS.splitlines() if line}
    )


NAMES = st.from_regex(r"[a-z_][a-z0-9_]{0,8}", fullmatch=True)
TEXTS = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=12).filter(lambda text: "{" not in text)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**40), 2**40) | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(NAMES, JSON, max_size=5))
def test_what_json_writes_is_read_again(values):
    """A JSON value without control characters and templates is HCL, too."""
    text = "".join(f"{name} = {json.dumps(value, ensure_ascii=False)}\n" for name, value in values.items())
    assert read_assignments(text) == read_assignments(f"\ufeff{text}")
    assert dict(read_assignments(text).values) == values


@pytest.mark.parametrize(
    "text", ["a", 'a = "x\n', "= 1\n", "a = [1\n", "a = {", "a = <<X\nb\n", 'a = "\\q"\n', "1 = 1\n"]
)
def test_invalid_hcl_is_refused(text):
    with pytest.raises(NotReadable):
        read_assignments(text)


@given(st.text(max_size=60))
def test_any_text_ends_in_values_or_a_refusal(text):
    for read in (read_assignments, lambda text: read_block_names(text, "variable")):
        with suppress(NotReadable):
            read(text)


@pytest.mark.parametrize("environment", ["local", "staging", "production"])
def test_our_own_files_are_read_whole(environment):
    values = read_values(ENVIRONMENTS / environment)
    assert values["environment"] == environment
    assert not values.unreadable
    declared = read_declared_variables(ENVIRONMENTS / environment)
    assert declared is not None
    assert values.names <= declared
    assert {"project", "lambda_package", "dynamodb_scaled_capacity"} <= declared


def test_names_in_comments_strings_and_other_blocks_are_none():
    text = """
# variable "commented" {}
/* variable "also" {} */
variable "real" {
  description = "like variable \\"quoted\\" {}"
  validation {
    condition = length(var.real) > 0 && "${"variable"}" != "{"
    error_message = <<EOT
variable "here" {}
EOT
  }
}
variable "second" { type = string }
resource "variable" "not" {}
output "variable" { value = { variable = "x" } }
locals { variable = "y" }
"""
    assert read_block_names(text, "variable") == {"real", "second"}


def test_files_win_in_terraforms_order(tmp_path: Path):
    for name, text in {
        "b.auto.tfvars": "a = 3\nb = 3\n",
        "a.auto.tfvars.json": '{"a": 2, "b": 2, "c": 2}',
        "terraform.tfvars.json": '{"a": 1, "d": 1}',
        "terraform.tfvars": "a = 0\nb = 0\nc = 0\nd = 0\ne = 0\n",
        "saved.auto.tfvars.json": '{"a": 4}',
        "other.tfvars": "a = 9",
    }.items():
        (tmp_path / name).write_text(text)
    assert [path.name for path in value_files(tmp_path)] == [
        "terraform.tfvars",
        "terraform.tfvars.json",
        "a.auto.tfvars.json",
        "b.auto.tfvars",
        "saved.auto.tfvars.json",
    ]
    assert dict(read_values(tmp_path)) == {"a": 4, "b": 3, "c": 2, "d": 1, "e": 0}


def test_an_expression_is_set_and_cannot_be_read(tmp_path: Path):
    (tmp_path / "terraform.tfvars").write_text("size = 4 * 512\nother = 1\n")
    values = read_values(tmp_path)
    assert "size" in values
    assert values.get("other") == 1
    assert values.get("absent", 7) == 7
    with pytest.raises(ConfigurationInvalid, match=r"size is set, but cannot be read here: .*tfvars: 4 \* 512"):
        values.get("size")
    (tmp_path / "x.auto.tfvars").write_text("size = 9\n")
    assert read_values(tmp_path)["size"] == 9


@pytest.mark.parametrize(
    ("name", "text"), [("terraform.tfvars", "a = [\n"), ("x.auto.tfvars.json", "{"), ("x.auto.tfvars.json", "[]")]
)
def test_a_file_that_cannot_be_read_is_named(tmp_path: Path, name, text):
    (tmp_path / name).write_text(text)
    with pytest.raises(ConfigurationInvalid, match=name):
        read_values(tmp_path)


def test_values_are_a_plain_mapping():
    assert dict(Values({"a": 1}, {"b": "x"})) == {"a": 1}
    assert len(Values({"a": 1})) == 1
