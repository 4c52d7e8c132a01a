"""Agreements from draft to end, and what both sides sign besides them."""
