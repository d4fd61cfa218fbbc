"""Label selectors, as texts and as objects, and which sets of labels they match.

Input: `string` or `labelSelector`, and `labelSets`. Says the canonical text, whether the selector is empty, and of each
set whether it matches.
"""

from __future__ import annotations

from typing import Any

from kcore.api.selectors import label
from kcore.api.selectors.requirement import SelectorError


def predict(case: dict[str, Any]) -> dict[str, Any]:
    """Return what the real selector would say of the label sets of `case`."""
    try:
        selector = (
            label.parse(case["string"]) if "string" in case else label.from_label_selector(case.get("labelSelector"))
        )
    except SelectorError as problem:
        return {"ok": False, "error": str(problem)}
    matches = [selector.matches(labels) for labels in case.get("labelSets") or []]
    return {"ok": True, "canonical": selector.canonical, "empty": selector.empty, "matches": matches}
