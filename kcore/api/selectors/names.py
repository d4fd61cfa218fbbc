"""What may stand as a label key and as a label value.

Models upstream's qualified names (a key: an optional DNS subdomain and "/", then a name of at most 63 bytes) and label
values, with its messages.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/staging/src/k8s.io/apimachinery/pkg/util/validation/validation.go
"""

from __future__ import annotations

import re

_NAME = re.compile(r"[A-Za-z0-9](?:[-A-Za-z0-9_.]*[A-Za-z0-9])?")
_DNS_SUBDOMAIN = re.compile(r"[a-z0-9](?:[-a-z0-9]*[a-z0-9])?(?:\.[a-z0-9](?:[-a-z0-9]*[a-z0-9])?)*")
_NAME_LIMIT = 63
_SUBDOMAIN_LIMIT = 253

_MUST = "consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character"
_NAME_RULE = (
    f"must {_MUST} (e.g. 'MyName',  or 'my.name',  or '123-abc', "
    "regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')"
)
_VALUE_RULE = (
    f"a valid label must be an empty string or {_MUST} (e.g. 'MyValue',  or 'my_value',  or '12345', "
    "regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')"
)
_SUBDOMAIN_RULE = (
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', "
    "and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is "
    r"'[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')"
)
_KEY_RULE = f"a valid label key {_NAME_RULE} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')"


def label_key_problems(key: str) -> tuple[str, ...]:
    """Return what is wrong with `key` as a label key, in upstream's words; nothing when it is one."""
    prefix, slash, name = key.rpartition("/")
    if "/" in prefix:
        return (_KEY_RULE,)
    problems = [f"prefix part {problem}" for problem in _subdomain_problems(prefix)] if slash else []
    if not name:
        problems.append("name part must be non-empty")
    elif _too_long(name, _NAME_LIMIT):
        problems.append(f"name part must be no more than {_NAME_LIMIT} bytes")
    if not _NAME.fullmatch(name):
        problems.append(f"name part {_NAME_RULE}")
    return tuple(problems)


def label_value_problems(value: str) -> tuple[str, ...]:
    """Return what is wrong with `value` as a label value, in upstream's words; nothing when it is one."""
    problems = [f"must be no more than {_NAME_LIMIT} bytes"] if _too_long(value, _NAME_LIMIT) else []
    if value and not _NAME.fullmatch(value):
        problems.append(_VALUE_RULE)
    return tuple(problems)


def _subdomain_problems(prefix: str) -> list[str]:
    if not prefix:
        return ["must be non-empty"]
    problems = [f"must be no more than {_SUBDOMAIN_LIMIT} bytes"] if _too_long(prefix, _SUBDOMAIN_LIMIT) else []
    return problems if _DNS_SUBDOMAIN.fullmatch(prefix) else [*problems, _SUBDOMAIN_RULE]


def _too_long(text: str, limit: int) -> bool:
    return len(text.encode(errors="surrogatepass")) > limit
