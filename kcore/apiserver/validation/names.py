"""Names and other short strings: what is wrong with one, in the words of the API.

Models the formats of DNS labels and subdomains, label keys and values, port names, environment variables, config keys
and percentages. Each check takes the string and returns the details of its faults, none for a good one. Lengths are in
bytes of UTF-8.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/staging/src/k8s.io/apimachinery/pkg/util/validation/validation.go
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TypeAlias

Details: TypeAlias = list[str]
NameCheck: TypeAlias = Callable[[str], Details]

_LABEL = "[a-z0-9]([-a-z0-9]*[a-z0-9])?"
_LABEL_ = "_?[a-z0-9]([-_a-z0-9]*[a-z0-9])?"
_SUBDOMAIN = rf"{_LABEL}(\.{_LABEL})*"
_SUBDOMAIN_ = rf"{_LABEL_}(\.{_LABEL_})*"
_LABEL_1035 = "[a-z]([-a-z0-9]*[a-z0-9])?"
_WILDCARD = rf"\*\.{_SUBDOMAIN}"
_QUALIFIED = "([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]"
_LABEL_VALUE = f"({_QUALIFIED})?"

_ALNUM = "must start and end with an alphanumeric character"
_LABEL_WORDS = f"a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and {_ALNUM}"
_SUBDOMAIN_WORDS = (
    f"a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and {_ALNUM}"
)
_SUBDOMAIN_WORDS_ = _SUBDOMAIN_WORDS.replace("'-' or", "'_', '-' or")
_LABEL_1035_WORDS = (
    "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, "
    "and end with an alphanumeric character"
)
_WILDCARD_WORDS = (
    "a wildcard DNS-1123 subdomain must start with '*.', followed by a valid DNS subdomain, which must consist of "
    "lower case alphanumeric characters, '-' or '.' and end with an alphanumeric character"
)
_QUALIFIED_WORDS = f"must consist of alphanumeric characters, '-', '_' or '.', and {_ALNUM}"
_LABEL_VALUE_WORDS = (
    f"a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and {_ALNUM}"
)
_LABEL_MAX = 63
_SUBDOMAIN_MAX = 253


def pattern_words(words: str, pattern: str, *examples: str) -> str:
    """Return the detail of a string that does not match `pattern`, with `examples` of ones that do."""
    shown = " or ".join(f"'{example}', " for example in examples)
    return f"{words} (e.g. {shown}regex used for validation is '{pattern}')"


def length(value: str) -> int:
    """Return the length in bytes."""
    return len(value.encode())


def _matches(pattern: str, value: str) -> bool:
    return re.fullmatch(pattern, value) is not None


def _longer(value: str, limit: int, unit: str = "characters") -> Details:
    return [f"must be no more than {limit} {unit}"] if length(value) > limit else []


def dns1123_label(value: str) -> Details:
    """Check a DNS label (RFC 1123): "web-0"."""
    details = _longer(value, _LABEL_MAX)
    if not _matches(_LABEL, value):
        dotted = _matches(_SUBDOMAIN, value)
        details.append("must not contain dots" if dotted else pattern_words(_LABEL_WORDS, _LABEL, "my-name", "123-abc"))
    return details


def dns1123_subdomain(value: str) -> Details:
    """Check a DNS subdomain (RFC 1123): "example.com"."""
    details = _longer(value, _SUBDOMAIN_MAX)
    if not _matches(_SUBDOMAIN, value):
        details.append(pattern_words(_SUBDOMAIN_WORDS, _SUBDOMAIN, "example.com"))
    return details


def dns1123_subdomain_with_underscore(value: str) -> Details:
    """Check a DNS subdomain whose labels may hold underscores, as a DNS search path may be."""
    details = _longer(value, _SUBDOMAIN_MAX)
    if not _matches(_SUBDOMAIN_, value):
        details.append(pattern_words(_SUBDOMAIN_WORDS_, _SUBDOMAIN_, "example.com"))
    return details


def dns1035_label(value: str) -> Details:
    """Check a DNS label (RFC 1035), which starts with a letter."""
    details = _longer(value, _LABEL_MAX)
    if not _matches(_LABEL_1035, value):
        details.append(pattern_words(_LABEL_1035_WORDS, _LABEL_1035, "my-name", "abc-123"))
    return details


def wildcard_dns1123_subdomain(value: str) -> Details:
    """Check a DNS subdomain whose first label is "*"."""
    details = _longer(value, _SUBDOMAIN_MAX)
    if not _matches(_WILDCARD, value):
        details.append(pattern_words(_WILDCARD_WORDS, _WILDCARD, "*.example.com"))
    return details


def qualified_name(value: str) -> Details:
    """Check a label key or another name with an optional DNS subdomain before a slash: "example.com/MyName"."""
    prefix, slash, name = value.rpartition("/")
    if "/" in prefix:
        words = pattern_words(f"a valid label key {_QUALIFIED_WORDS}", _QUALIFIED, "MyName", "my.name", "123-abc")
        return [f"{words} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')"]
    details: Details = []
    if slash and not prefix:
        details.append("prefix part must be non-empty")
    elif slash:
        details += [f"prefix part {detail}" for detail in dns1123_subdomain(prefix)]
    if not name:
        details.append("name part must be non-empty")
    details += [f"name part {detail}" for detail in _longer(name, _LABEL_MAX, "bytes")]
    if not _matches(_QUALIFIED, name):
        words = pattern_words(_QUALIFIED_WORDS, _QUALIFIED, "MyName", "my.name", "123-abc")
        details.append(f"name part {words}")
    return details


def label_value(value: str) -> Details:
    """Check the value of a label, which may be empty."""
    details = _longer(value, _LABEL_MAX, "bytes")
    if not _matches(_LABEL_VALUE, value):
        details.append(pattern_words(_LABEL_VALUE_WORDS, _LABEL_VALUE, "MyValue", "my_value", "12345"))
    return details


def port_name(value: str) -> Details:
    """Check the name of a port (RFC 6335): at most 15 of a-z, 0-9 and single hyphens inside, with a letter."""
    details = _longer(value, 15)
    if not _matches("[-a-z0-9]+", value):
        details.append("must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)")
    if not re.search("[a-z]", value):
        details.append("must contain at least one letter (a-z)")
    if "--" in value:
        details.append("must not contain consecutive hyphens")
    if value.startswith("-") or value.endswith("-"):
        details.append("must not begin or end with a hyphen")
    return details


def environment_variable(value: str) -> Details:
    """Check the name of an environment variable: printable ASCII without "="."""
    details = [] if value else ["environment variable name must be non-empty"]
    if any(not " " <= char <= "~" or char == "=" for char in value):
        details.append(
            "a valid environment variable name must consist only of printable ASCII characters other than '='"
        )
    return details


def config_key(value: str) -> Details:
    """Check a key of a ConfigMap or Secret: letters, digits, "-", "_" and ".", but no path upwards."""
    details = _longer(value, _SUBDOMAIN_MAX)
    pattern = "[-._a-zA-Z0-9]+"
    if not _matches(pattern, value):
        words = "a valid config key must consist of alphanumeric characters, '-', '_' or '.'"
        details.append(pattern_words(words, pattern, "key.name", "KEY_NAME", "key-name"))
    if value in (".", ".."):
        details.append(f"must not be '{value}'")
    elif value.startswith(".."):
        details.append("must not start with '..'")
    return details


def percent(value: str) -> Details:
    """Check a percentage: "50%"."""
    pattern = "[0-9]+%"
    if _matches(pattern, value):
        return []
    words = "a valid percent string must be a numeric string followed by an ending '%'"
    return [pattern_words(words, pattern, "1%", "93%")]


def http_header_name(value: str) -> Details:
    """Check the name of an HTTP header."""
    pattern = "[-A-Za-z0-9]+"
    if _matches(pattern, value):
        return []
    return [
        pattern_words("a valid HTTP header must consist of alphanumeric characters or '-'", pattern, "X-Header-Name")
    ]
