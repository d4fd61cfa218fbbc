"""The service controller of a cloud: load balancers for the Services that ask for one."""

from kcore.controllers.service.controller import SERVICE

__all__ = ["SERVICE"]
