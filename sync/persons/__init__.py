"""Members, the tree of bodies, rosters that offices hand in, and the staff of this node."""
