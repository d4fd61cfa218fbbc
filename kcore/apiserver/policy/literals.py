"""Literals: what a mutating policy writes as `Object.spec{replicas: 3}` or `JSONPatch{op: "add"}`, as plain maps.

Models the types that mutations are made of by what they come to in JSON: an object with these fields. Field names that
have to be escaped are taken as they are meant.

Simplified: that the name of a type fits the field that it stands in is not checked.

Upstream: https://github.com/kubernetes/kubernetes/tree/v1.36.0/staging/src/k8s.io/apiserver/pkg/cel/mutation
"""

from __future__ import annotations

import functools
import re

_TOKEN = re.compile(
    r"""(?P<text>[bBrR]{0,2}(?:'''(?s:.*?)'''|\"\"\"(?s:.*?)\"\"\"|'(?:\\.|[^'\\])*'|"(?:\\.|[^"\\])*"))"""
    r"""|(?P<type>\b(?:Object(?:\.\w+)*|JSONPatch)\s*(?=\{))"""
    r"""|(?P<escape>\bjsonpatch\s*\.\s*(?=escapeKey\b))"""
    r"""|(?P<name>[A-Za-z_]\w*)"""
    r"""|(?P<open>[{(\[])|(?P<close>[})\]])|(?P<comma>,)|(?P<space>\s+)|(?P<other>.)""",
    re.DOTALL,
)
_ESCAPED = (("__dot__", "."), ("__dash__", "-"), ("__slash__", "/"), ("__underscores__", "__"))


@functools.lru_cache(maxsize=1024)
def plain(expression: str) -> str:
    """Return `expression` with its typed literals written as maps."""
    written: list[str] = []
    typed: list[bool] = []
    begins = named = False
    for match in _TOKEN.finditer(expression):
        kind, token = str(match.lastgroup), match.group()
        if kind in ("type", "escape"):
            named = kind == "type"
            continue
        if kind == "open":
            typed.append(named)
        elif kind == "close" and typed:
            typed.pop()
        elif kind == "name" and begins and typed and typed[-1]:
            token = f'"{_meant(token)}"'
        if kind != "space":
            begins, named = kind in ("open", "comma"), False
        written.append(token)
    return "".join(written)


def _meant(name: str) -> str:
    """Return the field that an expression says as `name`."""
    inner = name[2:-2]
    if name.startswith("__") and name.endswith("__") and inner.islower() and f"__{inner}__" not in dict(_ESCAPED):
        return inner
    for written, meant in _ESCAPED:
        name = name.replace(written, meant)
    return name


def escape_key(key: str) -> str:
    """Return `key` as a step of a JSON pointer."""
    return key.replace("~", "~0").replace("/", "~1")
