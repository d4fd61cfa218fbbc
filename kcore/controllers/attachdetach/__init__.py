"""The attach/detach controller: volumes are attached where pods want them, and to one node at a time."""

from kcore.controllers.attachdetach.attach_detach_controller import ATTACHDETACH

__all__ = ["ATTACHDETACH"]
