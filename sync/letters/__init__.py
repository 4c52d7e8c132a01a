"""Letters to a partner without a node, what came back, and its node when it has one."""
