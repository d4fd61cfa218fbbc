"""The reference in the docs is what the tables and the clauses say."""

from __future__ import annotations

from scripts.generate_reference import GENERATED, pages, stale, write


def test_the_reference_is_not_stale():
    """`python -m scripts.generate_reference` was run after the last change of a kind, rule, setting or clause."""
    assert stale() == []


def test_a_page_says_that_it_is_generated():
    """Nobody edits it by hand."""
    assert [name for name, text in pages().items() if not text.startswith(GENERATED)] == []


def test_every_page_is_reached_from_the_first():
    """The index lists each of the others."""
    index = pages()["index.md"].split("{toctree}")[1].split()

    assert sorted(f"{name}.md" for name in index[1:-1]) == sorted(name for name in pages() if name != "index.md")


def test_writing_again_mends_what_was_changed_lost_or_left_over(tmp_path):
    """After writing, nothing is stale."""
    write(tmp_path)
    (tmp_path / "kinds.md").write_text("edited")
    (tmp_path / "rules.md").unlink()
    (tmp_path / "of-old.md").write_text("left over")

    assert stale(tmp_path) == ["kinds.md", "of-old.md", "rules.md"]

    write(tmp_path)

    assert stale(tmp_path) == []
