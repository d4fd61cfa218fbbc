"""The publisher of the root certificate: each namespace has it, so that containers may trust the API server."""

from kcore.controllers.rootcacertpublisher.publisher import ROOTCACERTPUBLISHER

__all__ = ["ROOTCACERTPUBLISHER"]
