"""Results as Markdown tables."""

from markdown_it import MarkdownIt

from hybridctl.domain.changes import Action, Change, Changes
from hybridctl.views.markdown import as_markdown, table


def cells(markdown):
    """The cells of the tables as a reader sees them; the witness is markdown-it, which rich brings."""
    tokens = MarkdownIt("commonmark").enable(["table", "strikethrough"]).parse(markdown)
    rows, kinds, is_inside = [], set(), False
    for token in tokens:
        is_inside = token.type in ("td_open", "th_open") or (is_inside and token.type == "inline")
        if token.type == "tr_open":
            rows.append([])
        if token.type == "inline" and is_inside:
            kinds |= {child.type for child in token.children}
            rows[-1].append("".join(child.content for child in token.children))
    return rows, kinds


HOSTILE = (
    "a|b <img src=x> [l](http://e) `c` **d** @ada :+1: $e$ #1\n::error::f % \x1b[2J https://e.example ~~g~~ _h_ \\"
)


def test_no_text_is_read_as_markdown():
    rows, kinds = cells(table(("what", "why"), [(HOSTILE, "next")]))
    shown = " ".join(HOSTILE.replace("\x1b", "\\x1b").split())
    assert [[one.replace("\n", " ") for one in row] for row in rows] == [["what", "why"], [shown, "next"]]
    assert kinds <= {"text", "text_special"}


def test_every_kind_of_change_has_its_word():
    changes = Changes(tuple(Change(f"a.{one}", "a", one, ("x",), one is Action.IMPORT) for one in Action))
    rows, _ = cells(as_markdown(changes))
    assert [row[0] for row in rows[1:]] == ["create", "update", "replace", "delete", "import", "move", "forget"]


def test_a_move_says_from_where():
    rows, _ = cells(as_markdown(Changes((Change("a.new", "a", Action.MOVE, moved_from="a.old"),))))
    assert rows[1] == ["move", "a.new", "from a.old"]
