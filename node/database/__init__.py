"""The database of a node: drivers, tables, one writer; what is sealed, kept or derived; newer versions."""
