"""The few statements of the decision path and of long lists, made ready once: Core's SQL without Core's work on every call.

SQLAlchemy takes 40 µs to bind one INSERT and the database 2 µs to do it, so what a decision writes is compiled once a
dialect and handed to the driver with its values. `together` sends them in one round trip where the database has one,
and `Rows` adds thousands of rows to a table as one statement.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, CursorResult, LargeBinary, Table, insert
from sqlalchemy.engine import Dialect
from sqlalchemy.exc import DBAPIError
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.dml import UpdateBase

Processor = Callable[[Any], Any]


class Prepared:
    """An INSERT or UPDATE that always sets the same `columns`. Its values go through the columns' own types."""

    def __init__(self, statement: UpdateBase, columns: tuple[str, ...] = ()) -> None:
        self._statement, self._columns = statement, list(columns)
        self._ready: dict[str, tuple[str, list[tuple[str, Processor | None]], bool]] = {}   # by dialect

    def __call__(self, connection: Connection, values: Mapping[str, Any]) -> CursorResult[Any]:
        """Carry it out; raises KeyError where a value is missing."""
        ready = self._ready.get(connection.dialect.name)
        if ready is None:
            ready = self._ready[connection.dialect.name] = self._made(connection.dialect)
        sql, parameters, positional = ready
        if positional:
            return connection.exec_driver_sql(sql, tuple([
                values[name] if process is None else process(values[name]) for name, process in parameters]))
        return connection.exec_driver_sql(sql, {
            name: values[name] if process is None else process(values[name]) for name, process in parameters})

    def _made(self, dialect: Dialect) -> tuple[str, list[tuple[str, Processor | None]], bool]:
        compiled = self._statement.compile(dialect=dialect, column_keys=self._columns or None)
        assert isinstance(compiled, SQLCompiler)
        kinds = {name: bind.type.dialect_impl(dialect).bind_processor(dialect) for bind, name in compiled.bind_names.items()}
        names = list(compiled.positiontup or kinds)
        return str(compiled), [(name, kinds[name]) for name in names], bool(compiled.positional)


class Rows:
    """Rows of one table that all set the same `columns`, added at once: COPY on PostgreSQL, one prepared INSERT on SQLite.

    Constraints and triggers hold as for any INSERT, and so does the transaction; defaults of the columns are not filled in.
    """

    def __init__(self, table: Table, columns: tuple[str, ...] = ()) -> None:
        self._table, self._columns = table, columns or tuple(table.c.keys())
        self._ready: dict[str, tuple[str, list[tuple[str, Processor | None]]]] = {}        # by dialect

    def __call__(self, connection: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
        """Add them; raises KeyError where a value is missing."""
        if not rows:
            return
        ready = self._ready.get(connection.dialect.name)
        if ready is None:
            ready = self._ready[connection.dialect.name] = self._made(connection.dialect)
        sql, kinds = ready
        values = [tuple([row[name] if process is None or row[name] is None else process(row[name]) for name, process in kinds]) for row in rows]
        if connection.dialect.name != "postgresql":
            connection.exec_driver_sql(sql, values)
            return
        driver: Any = connection.connection.driver_connection
        try:
            with driver.cursor() as cursor, cursor.copy(sql) as copy:
                for one in values:
                    copy.write_row(one)
        except connection.dialect.loaded_dbapi.Error as error:
            raise DBAPIError.instance(sql, None, error, connection.dialect.loaded_dbapi.Error, hide_parameters=True, dialect=connection.dialect) from error

    def _made(self, dialect: Dialect) -> tuple[str, list[tuple[str, Processor | None]]]:
        quote = dialect.identifier_preparer.quote
        names = ", ".join(quote(name) for name in self._columns)
        # The driver takes bytes as they are; the type would wrap each for no reason.
        kinds: list[tuple[str, Processor | None]] = [
            (name, None if isinstance(self._table.c[name].type, LargeBinary) else self._table.c[name].type.dialect_impl(dialect).bind_processor(dialect))
            for name in self._columns]
        if dialect.name == "postgresql":
            return f"COPY {quote(self._table.name)} ({names}) FROM STDIN", kinds
        compiled = insert(self._table).inline().compile(dialect=dialect, column_keys=list(self._columns))
        assert isinstance(compiled, SQLCompiler)
        order = dict(kinds)
        return str(compiled), [(name, order[name]) for name in compiled.positiontup or ()]


@contextmanager
def together(connection: Connection) -> Iterator[None]:
    """Send the statements of the block without waiting for each answer; nothing may be read from them inside it.

    On PostgreSQL their errors come with the last of them, at the latest when the block ends; on SQLite at once.
    """
    if connection.dialect.name != "postgresql":
        yield
        return
    driver: Any = connection.connection.driver_connection
    failure: type[Exception] = connection.dialect.loaded_dbapi.Error
    try:
        with driver.pipeline():
            yield
    except failure as error:
        raise DBAPIError.instance(None, None, error, failure, hide_parameters=True, dialect=connection.dialect) from error


def rows_changed(result: CursorResult[Any]) -> int:
    """Return how many rows a statement changed, also once its `together` is over."""
    return int(result.context.cursor.rowcount)
