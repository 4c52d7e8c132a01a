"""What officers see to of the exchange itself: messages in quarantine, silent partners, proofs, erasures asked for."""
