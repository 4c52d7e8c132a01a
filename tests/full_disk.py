"""A disk that takes so many bytes of a file and no more: RLIMIT_FSIZE, which needs no privilege.

Python keeps of a module that it compiles meanwhile only the beginning, and calls that whole: every process that loads
it later dies of it. So nothing compiled is kept while the disk is full.
"""

import resource
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

BEGINNING: Final = """
import os, resource, sys
os.environ["PYTHONDONTWRITEBYTECODE"] = "1"
sys.dont_write_bytecode = True
resource.setrlimit(resource.RLIMIT_FSIZE, (100, resource.RLIM_INFINITY))
"""
"""The first lines of a program on a disk that takes a hundred bytes of a file."""


@contextmanager
def disk_of(size: int) -> Iterator[None]:
    """No file grows beyond so many bytes."""
    before, compiled = resource.getrlimit(resource.RLIMIT_FSIZE), sys.dont_write_bytecode
    sys.dont_write_bytecode = True
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        sys.dont_write_bytecode = compiled
