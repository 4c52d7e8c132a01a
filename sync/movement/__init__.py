"""Members leave, are notified, admitted, move on, come back; and who fell into a gap."""
