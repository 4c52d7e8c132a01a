"""Certificates of floating members: issued, checked, printed."""
