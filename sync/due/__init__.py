"""What is due for a person today, and the duties it comes from."""
