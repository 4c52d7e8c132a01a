"""Both sides say different things, or two destinations claim one member."""
