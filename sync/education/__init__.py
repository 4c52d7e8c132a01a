"""Activities planned, attendance, study, and whom education reached."""
