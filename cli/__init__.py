"""A person's hands on a node."""
