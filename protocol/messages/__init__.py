"""The kinds of message, one file a family."""
