"""Records that tests of a database put in, and how they are looked at."""

from gongguan.node.database.database import Database
from gongguan.sync.records import Body, Member, Setting
from gongguan.sync.store import Record


def setting(name: str, value: str = "value") -> Setting:
    return Setting(name=name, value=value)


def body(code: str, parent: str | None = None, name: str = "支部") -> Body:
    return Body(code=code, full_name=name, short_name=name, category="branch", parent_code=parent)


def member(member_id: str, id_digest: str) -> Member:
    return Member(
        member_id=member_id,
        branch_code="0101",
        id_digest=id_digest,
        name="李四·阿卜杜拉",
        id_number="990101199001010011",
        details='{"phone":"10012345678"}',
        category="full",
        floating=True,
    )


def put(database: Database, *records: Record) -> None:
    database.write(lambda store: store.put_all(records))


def stored(database: Database, kind: type[Record], *key: object) -> Record | None:
    return database.read(lambda store: store.get(kind, *key))
