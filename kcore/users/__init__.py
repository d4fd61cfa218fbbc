"""What people do to a cluster: apply, patch, scale, roll out, undo, delete, evict, cordon, taint, drain."""
