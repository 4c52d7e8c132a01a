"""Sheets that clerks fill in, and rosters that are given out."""
