"""What scalars mean on their way to the API server."""

from __future__ import annotations

import pytest

from kcore.manifests.scalars import key_text, resolve


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("yes", True),
        ("On", True),
        ("y", True),
        ("no", False),
        ("OFF", False),
        ("n", False),
        ("true", True),
        ("yES", "yES"),
        ("", None),
        ("~", None),
        ("null", None),
        ("0644", 420),
        ("0o644", 420),
        ("0x1F", 31),
        ("0b101", 5),
        ("-012", -10),
        ("+7", 7),
        ("1_000", 1000),
        ("08", 8),
        ("1e3", 1000),
        ("1.0", 1),
        ("1.5", 1.5),
        (".5", 0.5),
        ("1e400", "1e400"),
        ("12345678901234567890123", 12345678901234567890123),
        ("12:30:45", "12:30:45"),
        ("2001-01-01", "2001-01-01"),
        ("2001-12-14t21:59:43.10-05:00", "2001-12-14t21:59:43.10-05:00"),
        ("1.2.3", "1.2.3"),
        ("100m", "100m"),
        ("-", "-"),
        (".", "."),
        ("<<", "<<"),
        ("=", "="),
    ],
    ids=lambda part: f"{part!r}",
)
def test_a_plain_scalar_is_read_as_kubectl_reads_it(text, value):
    """Booleans of YAML 1.1, octal numbers, no clock times, no dates, and whole numbers as integers."""
    assert resolve(text) == value
    assert type(resolve(text)) is type(value)


@pytest.mark.parametrize("text", ["yes", "0644", "1e3", "~", ""])
def test_a_quoted_scalar_is_a_string(text):
    """Quotes make a string of anything."""
    assert resolve(text, plain=False) == text
    assert resolve(text, "tag:yaml.org,2002:str") == text
    assert resolve(text, "!") == text


def test_a_tag_says_what_a_scalar_is():
    """A tag may ask for what the text is anyway, turn an integer to a float, or bring base64; no more."""
    assert resolve("5", "tag:yaml.org,2002:int") == 5
    assert resolve("5", "tag:yaml.org,2002:float") == 5
    assert resolve("aGk=", "tag:yaml.org,2002:binary") == "hi"
    assert resolve("5", "!mine") == "5"
    with pytest.raises(ValueError, match="not of the tag !!int"):
        resolve("five", "tag:yaml.org,2002:int")


@pytest.mark.parametrize("text", [".inf", "-.Inf", "+.INF", ".nan"])
def test_numbers_that_json_lacks_are_refused(text):
    """Infinities and not-a-number are an error, not a string."""
    with pytest.raises(ValueError, match="no place in JSON"):
        resolve(text)


@pytest.mark.parametrize(
    ("value", "key"),
    [(True, "true"), (False, "false"), (5, "5"), (1.5, "1.5"), (0.1, "0.1"), (1.5e9, "1.5e+09"), ("a", "a")],
    ids=lambda part: f"{part!r}",
)
def test_keys_become_strings(value, key):
    """A key is a string in JSON: booleans and numbers are written out, floats as 32 bits hold them."""
    assert key_text(value) == key


def test_null_is_no_key():
    """A null key has no text."""
    with pytest.raises(ValueError, match="null"):
        key_text(None)
