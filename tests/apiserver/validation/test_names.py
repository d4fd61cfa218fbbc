"""The formats of names and other short strings."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kcore.apiserver.validation import names

LONG = "x" * 64


@pytest.mark.parametrize(
    ("check", "value", "beginning"),
    [
        pytest.param(names.dns1123_label, "Web", "a lowercase RFC 1123 label", id="a label has no upper case"),
        pytest.param(names.dns1123_label, "a.b", "must not contain dots", id="a label has no dots"),
        pytest.param(names.dns1123_label, LONG, "must be no more than 63 characters", id="a label has 63 characters"),
        pytest.param(names.dns1123_subdomain, "a..b", "a lowercase RFC 1123 subdomain", id="no part is empty"),
        pytest.param(names.dns1035_label, "1a", "a DNS-1035 label", id="an old label starts with a letter"),
        pytest.param(names.wildcard_dns1123_subdomain, "a.*.b", "a wildcard", id="the star stands first"),
        pytest.param(names.qualified_name, "", "name part must be non-empty", id="a key has a name"),
        pytest.param(names.qualified_name, "/a", "prefix part must be non-empty", id="a slash has a prefix"),
        pytest.param(names.qualified_name, "a/b/c", "a valid label key", id="a key has one slash"),
        pytest.param(names.qualified_name, LONG, "name part must be no more than 63 bytes", id="a key has 63 bytes"),
        pytest.param(names.qualified_name, "UP/a", "prefix part a lowercase", id="a prefix is a domain"),
        pytest.param(names.label_value, "-a", "a valid label must be", id="a value starts with a letter or digit"),
        pytest.param(names.port_name, "UP", "must contain only alpha", id="a port name has no upper case"),
        pytest.param(names.port_name, "80", "must contain at least one letter", id="a port name is no number"),
        pytest.param(names.port_name, "a--b", "must not contain consecutive", id="hyphens stand alone"),
        pytest.param(names.port_name, "a-", "must not begin or end", id="a hyphen stands inside"),
        pytest.param(names.port_name, "a" * 16, "must be no more than 15", id="a port name has 15 characters"),
        pytest.param(names.environment_variable, "A=B", "a valid environment", id="a variable has no equals sign"),
        pytest.param(names.environment_variable, "", "environment variable name must", id="a variable has a name"),
        pytest.param(names.config_key, "a/b", "a valid config key", id="a key of a ConfigMap has no slash"),
        pytest.param(names.config_key, "..", "must not be '..'", id="a key leads nowhere"),
        pytest.param(names.config_key, "..a", "must not start with '..'", id="a key starts with no two dots"),
        pytest.param(names.percent, "5", "a valid percent string", id="a percentage has its sign"),
        pytest.param(names.http_header_name, "a b", "a valid HTTP header", id="a header has no blanks"),
    ],
)
def test_a_malformed_string_is_told_why(check, value, beginning):
    """The first detail is the one that upstream gives."""
    assert check(value)[0].startswith(beginning)


@pytest.mark.parametrize(
    ("check", "value"),
    [
        pytest.param(names.dns1123_label, "web-0", id="a label"),
        pytest.param(names.dns1123_subdomain, "a.b-c.d", id="a subdomain"),
        pytest.param(names.dns1123_subdomain_with_underscore, "_a.b", id="a subdomain with an underscore"),
        pytest.param(names.dns1035_label, "a-1", id="an old label"),
        pytest.param(names.wildcard_dns1123_subdomain, "*.a.b", id="a wildcard"),
        pytest.param(names.qualified_name, "example.com/My_Name.1", id="a key with a domain"),
        pytest.param(names.label_value, "", id="an empty label value"),
        pytest.param(names.port_name, "http-2", id="a port name"),
        pytest.param(names.environment_variable, "a.b c", id="a variable with a blank"),
        pytest.param(names.config_key, ".dockercfg", id="a key that starts with a dot"),
        pytest.param(names.percent, "150%", id="a percentage beyond all"),
    ],
)
def test_a_well_formed_string_passes(check, value):
    """Nothing is said of it."""
    assert check(value) == []


@given(st.text(alphabet="abz019-.", max_size=70))
def test_a_label_without_dots_is_a_subdomain(value):
    """Every good label is a good subdomain, and every good label of 1035 is one of 1123."""
    if not names.dns1035_label(value):
        assert names.dns1123_label(value) == []
    if not names.dns1123_label(value):
        assert names.dns1123_subdomain(value) == []


@given(st.text(max_size=20))
def test_a_trailing_newline_makes_no_name(value):
    """A pattern is held against the whole string."""
    for check in (names.dns1123_label, names.dns1123_subdomain, names.qualified_name, names.percent):
        assert check(f"{value}\n")
