"""DeleteOptions: what a delete request asks beyond "gone".

Models preconditions, the grace period and the propagation policy. The deprecated `orphanDependents` rides along, as do
`apiVersion` and `kind`.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/staging/src/k8s.io/apimachinery/pkg/apis/meta/v1/types.go
"""

from __future__ import annotations

import attrs

from kcore.api.struct import Struct


@attrs.frozen(kw_only=True, cache_hash=True)
class Preconditions(Struct):
    """What must be true of the object, or the request is refused with a conflict."""

    uid: str | None = None
    resource_version: str | None = None


@attrs.frozen(kw_only=True, cache_hash=True)
class DeleteOptions(Struct):
    """The options; the grace period is in seconds, `propagation_policy` is Foreground, Background or Orphan."""

    grace_period_seconds: int | None = None
    preconditions: Preconditions | None = None
    propagation_policy: str | None = None
    dry_run: tuple[str, ...] = ()
