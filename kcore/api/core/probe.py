"""Probe and Lifecycle: what the kubelet asks of a container, and tells it.

Models all probes, handlers and hooks.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/staging/src/k8s.io/api/core/v1/types.go
"""

from __future__ import annotations

import attrs

from kcore.api.struct import Struct, wire


@attrs.frozen(kw_only=True, cache_hash=True)
class ExecAction(Struct):
    """A command run inside the container, without a shell."""

    command: tuple[str, ...] = ()


@attrs.frozen(kw_only=True, cache_hash=True)
class HTTPHeader(Struct):
    """A header of a probe's request."""

    name: str = wire(default="", always=True)
    value: str = wire(default="", always=True)


@attrs.frozen(kw_only=True, cache_hash=True)
class HTTPGetAction(Struct):
    """An HTTP GET; `port` is a number or the name of one of the container's ports."""

    path: str = ""
    port: int | str = wire(default=0, always=True)
    host: str = ""
    scheme: str = ""
    http_headers: tuple[HTTPHeader, ...] = ()


@attrs.frozen(kw_only=True, cache_hash=True)
class TCPSocketAction(Struct):
    """A TCP connection; `port` is a number or the name of one of the container's ports."""

    port: int | str = wire(default=0, always=True)
    host: str = ""


@attrs.frozen(kw_only=True, cache_hash=True)
class GRPCAction(Struct):
    """A call of the gRPC health service."""

    port: int = wire(default=0, always=True)
    service: str | None = None


@attrs.frozen(kw_only=True, cache_hash=True)
class SleepAction(Struct):
    """A pause of so many seconds."""

    seconds: int = wire(default=0, always=True)


@attrs.frozen(kw_only=True, cache_hash=True)
class Probe(Struct):
    """One of four handlers, asked every `period_seconds`; thresholds count answers in a row, times are seconds."""

    exec: ExecAction | None = None
    http_get: HTTPGetAction | None = None
    tcp_socket: TCPSocketAction | None = None
    grpc: GRPCAction | None = None
    initial_delay_seconds: int = 0
    timeout_seconds: int = 0
    period_seconds: int = 0
    success_threshold: int = 0
    failure_threshold: int = 0
    termination_grace_period_seconds: int | None = None


@attrs.frozen(kw_only=True, cache_hash=True)
class LifecycleHandler(Struct):
    """One of four things to do at a turn of a container's life."""

    exec: ExecAction | None = None
    http_get: HTTPGetAction | None = None
    tcp_socket: TCPSocketAction | None = None
    sleep: SleepAction | None = None


@attrs.frozen(kw_only=True, cache_hash=True)
class Lifecycle(Struct):
    """What happens right after a container starts and before it is stopped."""

    post_start: LifecycleHandler | None = None
    pre_stop: LifecycleHandler | None = None
    stop_signal: str | None = None
