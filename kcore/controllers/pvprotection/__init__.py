"""The protection of volumes: one that is deleted stays for as long as it is bound."""

from kcore.controllers.pvprotection.pv_protection_controller import PVPROTECTION

__all__ = ["PVPROTECTION"]
