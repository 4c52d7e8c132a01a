"""Keys on the disk, sealed columns, the recovery sheet, the TLS certificate."""
