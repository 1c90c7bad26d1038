"""JSON arguments in the one spelling that hashicorp/aws keeps."""

import pytest

from hybridctl.sandbox.provider.json_text import normalise, problem, says_the_same


@pytest.mark.parametrize(
    ("text", "spelled"),
    [
        ('{"b": 1, "a": [ 2, 1 ]}', '{"a":[2,1],"b":1}'),
        ('{"height": 3.0, "rate": 0.05}', '{"height":3,"rate":0.05}'),
        ('{"m": "<b> & é"}', '{"m":"\\u003cb\\u003e \\u0026 é"}'),
    ],
)
def test_keys_are_sorted_and_texts_escaped_as_go_does(text: str, spelled: str) -> None:
    assert normalise(text) == spelled


def test_spacing_and_the_order_of_keys_mean_nothing_and_the_order_of_a_list_does() -> None:
    assert says_the_same('{"a": 1, "b": 2}', '{"b":2,"a":1}')
    assert not says_the_same("[1, 2]", "[2, 1]")
    assert not says_the_same('["a"]', '"a"')


def test_what_is_not_json_is_compared_as_it_is_and_reported() -> None:
    assert says_the_same("{", "{")
    assert not says_the_same("{", "}")
    assert says_the_same(None, None)
    assert [found.path for found in problem({"body": "{"}, "body")] == [("body",)]
    assert problem({"body": None}, "body") == []
