"""The picture in the docs is what the model says."""

from __future__ import annotations

import sys

from scripts import generate_picture


def test_the_picture_is_not_stale():
    """`python -m scripts.generate_picture` was run after the last change of the model or the example."""
    assert generate_picture.PAGE.read_text("utf-8") == generate_picture.page()


def test_a_stale_picture_is_told_and_written_anew(tmp_path, monkeypatch, capsys):
    """With --check it is left as it is."""
    monkeypatch.setattr(generate_picture, "PAGE", tmp_path / "picture.md")
    monkeypatch.setattr(generate_picture, "page", lambda: "as it is")
    monkeypatch.setattr(sys, "argv", ["generate_picture", "--check"])

    assert generate_picture.main() == 1
    assert "is stale" in capsys.readouterr().out

    monkeypatch.setattr(sys, "argv", ["generate_picture"])
    generate_picture.main()

    assert generate_picture.PAGE.read_text("utf-8") == "as it is"


def test_the_picture_shows_every_part():
    """Machines, pods, Services, endpoints, Ingress, volumes and requests."""
    text = generate_picture.page()

    for part in (
        "+-- n1, zone a",
        "pod db-0",
        "headless",
        "--> Service web",
        "claim data-db-0",
        "answers",
        "isolated by",
    ):
        assert part in text
