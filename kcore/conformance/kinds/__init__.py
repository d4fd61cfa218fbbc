"""What predicts the recorded decisions: a module a file of them, named alike, with a function `predict`."""
