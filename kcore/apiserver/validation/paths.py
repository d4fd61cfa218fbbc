"""Paths of files: relative ones that stay inside a directory.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/apis/core/validation/validation.go
"""

from __future__ import annotations

from kcore.apiserver.field import Errors, invalid


def no_backsteps(value: str, path: str) -> Errors:
    """Yield the error of a path with an element that goes up."""
    if ".." in value.split("/"):
        yield invalid(path, value, "must not contain '..'")


def local_descending(value: str, path: str) -> Errors:
    """Yield the errors of a path that leaves the directory it starts from."""
    if value.startswith("/"):
        yield invalid(path, value, "must be a relative path")
    yield from no_backsteps(value, path)


def local_non_reserved(value: str, path: str) -> Errors:
    """Yield the errors of the path of a file in a volume: names that start with ".." are the kubelet's."""
    yield from local_descending(value, path)
    if value.startswith("..") and not value.startswith("../"):
        yield invalid(path, value, "must not start with '..'")
