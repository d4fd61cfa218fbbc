"""How results are printed for people: objects as `kubectl get` shows them."""
