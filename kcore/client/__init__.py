"""What a component sees of the cluster and how it acts: cache, view, work queue, turn."""
