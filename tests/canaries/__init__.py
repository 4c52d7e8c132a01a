"""Deliberate bugs: each is put into a copy of the source, and a test that was there before must fail of it.

python -m tests.canaries                 # all of them, a table, exit code 1 if one survives
python -m tests.canaries "no root check"
"""
