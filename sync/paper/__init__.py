"""A partner without a node: what it accepted, and what was entered as its unsigned word."""
