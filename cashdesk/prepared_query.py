"""Queries that Django compiles to SQL once per process.

Django builds the SQL of a query anew each time. For a query with several joins that takes many times as long as the
database needs to answer it. A query that every request runs is therefore built once, with named parameters in place of
values. Only its SQL is kept, never a row.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, Generic, TypeVar

from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Expression, Field, Model, QuerySet
from django.db.models.sql.compiler import SQLCompiler
from django.utils.functional import cached_property

M = TypeVar("M", bound=Model)

SHAPE: Final = ("select", "klass_info", "annotation_col_map", "col_count", "has_extra_select")
"""The attributes that a compiler sets while it makes the SQL. Django reads them to turn rows into objects."""


class Parameter(Expression):
    """A value that `PreparedQuery.rows` fills in, under its name. `field` says how the database stores it."""

    def __init__(self, name: str, field: "Field[Any, Any]") -> None:
        super().__init__(output_field=field)
        self.name = name

    def as_sql(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper) -> tuple[str, tuple[Any, ...]]:
        """Returns a placeholder whose value is this parameter."""
        return "%s", (self,)

    def bound(self, values: dict[str, Any], connection: BaseDatabaseWrapper) -> Any:
        """Returns the value to send to the database."""
        return self.output_field.get_db_prep_value(values[self.name], connection, prepared=False)


@dataclass(frozen=True, slots=True)
class _Compiled:
    """A query as one database reads it."""

    compiler: SQLCompiler
    sql: str
    params: tuple[Any, ...]
    converters: dict[int, Any]

    def compiler_for(self, values: dict[str, Any], connection: BaseDatabaseWrapper) -> SQLCompiler:
        """Returns a compiler that has its SQL already, with these values. Django's rows come out of it as usual."""
        bound = tuple(each.bound(values, connection) if isinstance(each, Parameter) else each for each in self.params)
        again: SQLCompiler = self.compiler.query.get_compiler(connection=connection)
        for name in SHAPE:
            setattr(again, name, getattr(self.compiler, name))
        again.__dict__.update(as_sql=lambda: (self.sql, bound), get_converters=lambda _columns: self.converters)
        return again


class PreparedQuery(Generic[M]):
    """A query with parameters, such as `PreparedQuery(lambda: User.objects.filter(pk=Parameter("pk", IntegerField())))`.

    The function runs once per database, when the query is first needed. Its query prefetches nothing and locks nothing: a
    lock needs a transaction, and Django checks that only while it makes the SQL.
    """

    def __init__(self, query: Callable[[], "QuerySet[M]"]) -> None:
        self._query = query
        self._compiled: dict[str, _Compiled] = {}

    def rows(self, **values: Any) -> list[M]:
        """Runs the query with these values and returns its rows."""
        rows = self._lazy.all()
        connection = connections[rows.db]
        compiled = self._compiled.get(connection.vendor) or self._compile(connection)
        compiler = compiled.compiler_for(values, connection)
        rows.query.__dict__["get_compiler"] = lambda *_using, **_named: compiler
        return list(rows)

    def first(self, **values: Any) -> M | None:
        """Runs the query with these values and returns the first row, or None."""
        return next(iter(self.rows(**values)), None)

    @cached_property
    def _lazy(self) -> "QuerySet[M]":
        rows = self._query()
        if rows.query.select_for_update or rows._prefetch_related_lookups:  # type: ignore[attr-defined]
            raise TypeError("A prepared query locks nothing and prefetches nothing.")
        return rows

    def _compile(self, connection: BaseDatabaseWrapper) -> _Compiled:
        compiler = self._lazy.all().query.get_compiler(connection=connection)
        sql, params = compiler.as_sql()
        converters = compiler.get_converters([column for column, *_ in compiler.select or ()])
        self._compiled[connection.vendor] = _Compiled(compiler, sql, tuple(params), converters)
        return self._compiled[connection.vendor]
