"""JSON merge patch: null removes, an object merges, anything else replaces.

Models RFC 7386 in full. Neither argument is changed; the result shares with both.

Upstream: https://www.rfc-editor.org/rfc/rfc7386
"""

from __future__ import annotations

from typing import Any

from kcore.api.json import Wire


def merge_patch(target: Any, patch: Any) -> Any:
    """Return `target` as `patch` wants it, both JSON values."""
    if not isinstance(patch, dict):
        return patch
    merged: Wire = dict(target) if isinstance(target, dict) else {}
    for name, value in patch.items():
        if value is None:
            merged.pop(name, None)
        else:
            merged[name] = merge_patch(merged.get(name), value)
    return merged
