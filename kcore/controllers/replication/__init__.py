"""The ReplicationController controller: the ReplicaSet controller, on objects that were converted."""

from kcore.controllers.replication.replication_controller import replication

__all__ = ["replication"]
