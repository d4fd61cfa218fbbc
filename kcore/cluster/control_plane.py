"""The control plane's own processes: API servers, etcd members and who leads.

Models which API servers and etcd members are up, the watch cache of each server as a pointer to an older store, and the
leader of each family of controllers. A write needs a quorum of etcd members and a server that is up.

Not modelled yet: the Lease objects of leader election; leadership is a fact of the state that a fault moves.
"""

from __future__ import annotations

import attrs
from pyrsistent import PMap, pmap

from kcore.api.memo import Memo
from kcore.apiserver.store import Store
from kcore.errors import MisuseError


@attrs.frozen(kw_only=True)
class ApiServer:
    """One API server; `seen` is its watch cache, None while it keeps up with etcd."""

    up: bool = True
    seen: Store | None = None


@attrs.frozen(kw_only=True)
class ControlPlane:
    """The masters: API servers and etcd members by name, the leading instance of each family.

    `silent` are the admission webhooks, by name, that no API server gets an answer from.
    """

    servers: PMap[str, ApiServer]
    members: PMap[str, bool]
    leaders: PMap[str, str] = pmap()
    silent: frozenset[str] = frozenset()

    @property
    def quorum(self) -> bool:
        """Tell whether a majority of the etcd members is up."""
        return _QUORUM(self.members)

    def masters(self) -> tuple[str, ...]:
        """Return the names of the masters, sorted."""
        return tuple(sorted(self.servers))

    def serving(self, preferred: str = "") -> str | None:
        """Return the API server that answers: the preferred one if it is up, else the first that is; None if none."""
        return _SERVING(self.servers, preferred)


def _serving(servers: PMap[str, ApiServer], preferred: str) -> str | None:
    server = servers.get(preferred)
    if server is not None and server.up:
        return preferred
    return next((name for name in sorted(servers) if servers[name].up), None)


_SERVING = Memo(_serving, 64)


def _is_quorum(members: PMap[str, bool]) -> bool:
    return 2 * sum(members.values()) > len(members)


_QUORUM = Memo(_is_quorum, 64)


def control_plane(replicas: int, families: tuple[str, ...]) -> ControlPlane:
    """Return `replicas` masters m1, m2, …, each with an API server and an etcd member; the first leads every family."""
    if replicas < 1:
        message = f"a control plane has 1 master or more, not {replicas}"
        raise MisuseError(message)
    names = [f"m{number + 1}" for number in range(replicas)]
    return ControlPlane(
        servers=pmap({name: ApiServer() for name in names}),
        members=pmap(dict.fromkeys(names, True)),
        leaders=pmap(dict.fromkeys(families, names[0])),
    )
