"""Storage drivers: what the sidecars of a CSI driver do, for every driver whose CSIDriver object there is."""

from kcore.controllers.csi.attacher import CSI_ATTACHER
from kcore.controllers.csi.provisioner import CSI_PROVISIONER
from kcore.controllers.csi.resizer import CSI_RESIZER

__all__ = ["CSI_ATTACHER", "CSI_PROVISIONER", "CSI_RESIZER"]
