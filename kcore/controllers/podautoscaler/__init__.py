"""The HorizontalPodAutoscaler controller: a size that follows metrics, within bounds and at a pace."""

from kcore.controllers.podautoscaler.horizontal import HORIZONTALPODAUTOSCALER, podautoscaler

__all__ = ["HORIZONTALPODAUTOSCALER", "podautoscaler"]
