"""What controllers share: ownership, expectations, readiness, ranking, slow start, and turns that branch on answers."""
