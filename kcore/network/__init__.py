"""The network: which pod a request reaches, from the tables that each node keeps."""
