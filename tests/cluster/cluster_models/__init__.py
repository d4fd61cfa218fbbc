"""Small clusters and components of a few lines, for the tests of the cluster, the model and the users."""
