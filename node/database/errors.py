"""What a database's complaint means for us: one table from the driver's codes to ours.

SQLite reports extended result codes (``SQLITE_FULL``), PostgreSQL SQLSTATEs (``53100``). What neither table names is
``I-database``, with the driver's code as a fact; never the driver's message, which may quote values.
"""

from typing import Final

from gongguan.protocol.errors import ProtocolError, refuse

CODES: Final = {
    "SQLITE_CONSTRAINT_PRIMARYKEY": "I-already-stored",
    "SQLITE_CONSTRAINT_UNIQUE": "I-already-stored",
    "SQLITE_CONSTRAINT_ROWID": "I-already-stored",
    "SQLITE_FULL": "R-disk-full",
    "SQLITE_READONLY": "I-database-read-only",
    "SQLITE_BUSY": "R-database-busy",
    "SQLITE_LOCKED": "R-database-busy",
    "SQLITE_CORRUPT": "I-database-damaged",
    "SQLITE_NOTADB": "I-database-damaged",
    "SQLITE_IOERR": "I-database-disk",
    "SQLITE_CANTOPEN": "I-database-disk",
    "23505": "I-already-stored",
    "53100": "R-disk-full",
    "25006": "I-database-read-only",
    "55P03": "R-database-busy",
    "57014": "R-database-busy",
    "40001": "R-database-busy",
    "40P01": "R-database-busy",
    "53300": "R-database-busy",
    "XX001": "I-database-damaged",
    "XX002": "I-database-damaged",
    "58030": "I-database-disk",
}


def refusal(error: BaseException, **facts: object) -> ProtocolError:
    """Our refusal for an error of the driver, found by its whole code or else by the code's first part."""
    driver_code = getattr(error, "sqlite_errorname", None) or getattr(error, "sqlstate", None) or type(error).__name__
    family = "_".join(driver_code.split("_")[:2])
    code = CODES.get(driver_code) or CODES.get(family) or "I-database"
    return refuse(code, driver_code=driver_code, **facts)
