"""The TTL-after-finished controller: deletes Jobs some time after they ended."""

from kcore.controllers.ttlafterfinished.ttlafterfinished_controller import TTL_AFTER_FINISHED

__all__ = ["TTL_AFTER_FINISHED"]
