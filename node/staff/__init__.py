"""Staff of this node: who may do what, the API and its description, what is written down of it."""
