"""The namespace controller: what is in a namespace goes with it."""

from kcore.controllers.namespace.namespace_controller import NAMESPACE

__all__ = ["NAMESPACE"]
