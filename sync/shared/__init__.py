"""What both nodes hold, as staff see it: partners, who is in whose charge, whose word an entry is, how more is said."""
