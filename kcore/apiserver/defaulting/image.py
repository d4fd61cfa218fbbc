"""Which image pull policy an image stands for: Always for the tag "latest", given or meant.

Models the grammar of image references as far as that needs. One that is malformed has no tag.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/util/parsers/parsers.go
"""

from __future__ import annotations

import re

_PART = "[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?"
_DOMAIN = rf"(?:{_PART}(?:\.{_PART})*|\[[0-9a-fA-F:]+\])(?::[0-9]+)?"
_SEGMENT = "[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*"
_DIGEST = "[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,}"
_REFERENCE = re.compile(
    rf"(?:(?P<domain>{_DOMAIN})/)?(?P<path>{_SEGMENT}(?:/{_SEGMENT})*)(?::(?P<tag>\w[\w.-]{{0,127}}))?(?:@(?P<digest>{_DIGEST}))?",
    re.ASCII,
)
_IDENTIFIER = re.compile("[a-f0-9]{64}")
_NAME_MAX = 255


def pull_policy(image: str) -> str:
    """Return the default pull policy of `image`."""
    found = None if _IDENTIFIER.fullmatch(image) else _REFERENCE.fullmatch(image)
    if found is None or len(found["path"]) > _NAME_MAX:
        return "IfNotPresent"
    latest = found["tag"] == "latest" or not (found["tag"] or found["digest"])
    return "Always" if latest else "IfNotPresent"
