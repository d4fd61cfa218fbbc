"""The whole cluster as one value, and the rules of what moves in it: turns, commits, deliveries, time."""
