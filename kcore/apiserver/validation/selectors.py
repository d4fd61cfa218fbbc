"""The selector of a workload and the labels of its template.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/apis/apps/validation/validation.go
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kcore.apiserver.field import Errors, invalid, required
from kcore.apiserver.validation.labels import is_empty, label_selector, matches


def workload_selector(selector: Mapping[str, Any] | None, workload: str, path: str, trouble: str) -> Errors:
    """Yield the errors of a workload's selector: there, sound and not empty; `trouble` words one that is not sound."""
    if selector is None:
        yield required(path)
        return
    errors = tuple(label_selector(selector, path))
    yield from errors
    if is_empty(selector):
        yield invalid(path, selector, f"empty selector is invalid for {workload}")
    if errors:
        yield invalid(path, selector, trouble)


def selects(selector: Mapping[str, Any] | None) -> bool:
    """Tell whether a selector is sound, so that it selects something or, when there is none, nothing."""
    return not any(label_selector(selector, ""))


def template_labels(template: Mapping[str, Any], selector: Mapping[str, Any] | None, path: str) -> Errors:
    """Yield the error of a template whose labels the sound `selector` does not select; None selects nothing."""
    found = (template.get("metadata") or {}).get("labels")
    if selector is None or (not is_empty(selector) and not matches(selector, found)):
        yield invalid(f"{path}.metadata.labels", found, "`selector` does not match template `labels`")
