"""The Pod Security Standards: what a pod may not ask for at each level."""
