"""The EndpointSlice controller: the addresses of the pods that a Service selects, in slices of at most a hundred."""

from kcore.controllers.endpointslice.endpointslice import ENDPOINTSLICE

__all__ = ["ENDPOINTSLICE"]
