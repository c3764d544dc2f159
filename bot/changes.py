"""Row to insert and rows to change, gathered while one decides and written table by table in a few statements."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, bindparam, insert, inspect, update

from models.base import Base, new_id

Row = dict[str, Any]


class Changes:
    """`tables` are written one after the other: those that others point to come first."""

    def __init__(self, tables: Iterable[type[Base]]) -> None:
        self._new: dict[type[Base], dict[UUID, Row]] = {table: {} for table in tables}
        self._changed: dict[type[Base], dict[UUID, Row]] = {table: {} for table in self._new}

    def add(self, table: type[Base], **values: Any) -> Row:
        """A new row; give the same columns for every row of a table. It may still be changed until it is written."""
        row = {"id": new_id(), **values}
        self._new[table][row["id"]] = row
        return row

    def change(self, table: type[Base], row: Row, **values: Any) -> bool:
        """Set these values in `row` and remember what differs; False when all of it was so already."""
        different = {name: value for name, value in values.items() if row[name] != value}
        if not different:
            return False
        row.update(different)
        if row["id"] not in self._new[table]:
            self._changed[table].setdefault(row["id"], {}).update(different)
        return True

    def write(self, connection: Connection) -> None:
        for table, added in self._new.items():
            # What gives way changes before what takes its place comes in: she has one open pregnancy at a time.
            self._write_changes(connection, table)
            if added:
                connection.execute(insert(table), list(added.values()))

    def _write_changes(self, connection: Connection, table: type[Base]) -> None:
        by_columns: dict[tuple[str, ...], list[Row]] = {}
        for key, values in self._changed[table].items():
            by_columns.setdefault(tuple(sorted(values)), []).append({"changed_id": key, **values})
        columns = inspect(table).c
        for batch in by_columns.values():
            connection.execute(update(columns.id.table).where(columns.id == bindparam("changed_id")), batch)
