"""What people do to a cluster: apply, patch, scale, delete, label, evict, cordon, taint. One file an act."""
