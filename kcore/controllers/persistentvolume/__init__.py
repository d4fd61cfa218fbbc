"""The volume controller: it binds claims to volumes, has volumes made, and sees to what becomes of released ones."""

from kcore.controllers.persistentvolume.pv_controller_base import PERSISTENTVOLUME

__all__ = ["PERSISTENTVOLUME"]
