"""The ReplicaSet controller: as many pods of a template as asked for, its own or adopted, no more and no fewer."""

from kcore.controllers.replicaset.replica_set import REPLICASET

__all__ = ["REPLICASET"]
