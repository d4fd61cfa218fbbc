"""The resource quota controller: counts what a namespace uses."""

from kcore.controllers.resourcequota.resource_quota_controller import RESOURCE_QUOTA

__all__ = ["RESOURCE_QUOTA"]
