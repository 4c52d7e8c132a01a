"""Probationary members: observed, asked for, decided."""
