"""The protection of claims: one that is deleted stays for as long as a pod uses it."""

from kcore.controllers.pvcprotection.pvc_protection_controller import PVCPROTECTION

__all__ = ["PVCPROTECTION"]
