"""Revisions: a ControllerRevision as the controller reads and writes it.

Models its hash and its name, and that the revision of the latest template is told from the others by what it holds.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/controller/daemon/update.go
"""

from __future__ import annotations

from kcore.api.apps.controllerrevision import ControllerRevision
from kcore.api.apps.daemonset import DaemonSet
from kcore.reconcile.history import REVISION_LABEL, patch_of, snapshot


def hash_of(revision: ControllerRevision) -> str:
    """Return the hash by which the pods of a revision are labelled; "" for none."""
    return revision.metadata.labels.get(REVISION_LABEL, "")


def matches(daemon_set: DaemonSet, revision: ControllerRevision) -> bool:
    """Tell whether a revision is of the template that the DaemonSet has now."""
    return revision.data == patch_of(daemon_set.spec.template)


def new_revision(daemon_set: DaemonSet, revision_hash: str, number: int) -> ControllerRevision:
    """Return the revision that keeps the template of `daemon_set`."""
    name = f"{daemon_set.metadata.name}-{revision_hash}"
    return snapshot(daemon_set, daemon_set.spec.template, number, name, {REVISION_LABEL: revision_hash})
