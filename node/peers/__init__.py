"""Partners and relays: reached, answered, bounded; bundles by network, mailbox and file."""
