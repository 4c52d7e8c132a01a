"""Spreadsheets as they come in: one sheet, its columns, which one it is, the yearly arrangement of working days."""
