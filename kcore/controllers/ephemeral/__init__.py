"""Generic ephemeral volumes: a claim for each, which lives as long as its pod."""

from kcore.controllers.ephemeral.ephemeral_controller import EPHEMERAL

__all__ = ["EPHEMERAL"]
