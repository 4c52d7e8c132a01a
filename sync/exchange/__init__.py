"""The signed exchange: what is written, judged, folded, held, kept, compared and restored."""
