"""Floating members' organisations, service offices, branches that are paired, what the department above hears."""
