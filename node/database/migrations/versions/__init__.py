"""One module per step between two versions of the tables; ``vNNNN_name.py``, revision ``NNNN``."""
