"""Drivers: which are installed in the cluster.

Models that a driver is there if its CSIDriver object is, and acts for the storage classes and volumes of its name. The
drivers of one cluster have one process for each sidecar here; in a real one each driver has its own.

Upstream: https://kubernetes-csi.github.io/docs/csi-driver-object.html
"""

from __future__ import annotations

from kcore.api.object import ObjectKey
from kcore.client.view import View


def is_installed(view: View, driver: str) -> bool:
    """Tell whether the driver is installed."""
    return view.get(ObjectKey("CSIDriver", "", driver)) is not None
