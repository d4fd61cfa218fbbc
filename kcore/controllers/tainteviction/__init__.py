"""The taint eviction controller: pods leave nodes whose NoExecute taints they do not bear, or not any longer."""

from kcore.controllers.tainteviction.taint_eviction import TAINTEVICTION

__all__ = ["TAINTEVICTION"]
