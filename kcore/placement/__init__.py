"""Placement: whether a pod may be on a node; predicates that the scheduler, the kubelet and DaemonSets share."""
