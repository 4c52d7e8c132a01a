"""What two nodes may say, when, and how it is signed. Pure: bytes in, typed values out."""
