import json

from app.main import respond


class FakeTable:
    def __init__(self):
        self.items = {}

    def put_item(self, Item):
        self.items[Item["id"]] = Item

    def get_item(self, Key):
        return {"Item": self.items[Key["id"]]} if Key["id"] in self.items else {}


def call(table, route, body=None, **parameters):
    event = {"routeKey": route, "pathParameters": parameters, "body": body}
    return respond(event, table)


def test_a_note_is_kept():
    table = FakeTable()
    call(table, "PUT /notes/{id}", json.dumps({"text": "hello"}), id="a")
    assert call(table, "GET /notes/{id}", id="a") == (200, {"id": "a", "text": "hello"})


def test_an_unknown_note_is_not_found():
    assert call(FakeTable(), "GET /notes/{id}", id="a")[0] == 404


def test_a_body_without_a_text_is_refused():
    for body in (None, "", "[]", "{}", '{"text": 1}', "no JSON"):
        assert call(FakeTable(), "PUT /notes/{id}", body, id="a")[0] == 400
