"""From a mapping back to its document, so that it can be kept, shown and edited."""

from __future__ import annotations

from typing import Any

from cadenza.connect.imports.load import Document
from cadenza.connect.imports.types import Column, Mapping


def dump(mapping: Mapping) -> Document:
    """The document of a mapping: what `load` takes, without what is left at its default."""
    columns: dict[str, list[Any]] = {}
    for column in mapping.columns:
        columns.setdefault(column.source, []).append(_write_column(column))
    document: Document = {
        "kind": mapping.kind,
        "name": mapping.name,
        "source": mapping.source,
        "basis": {"legal": mapping.basis, "source": mapping.origin},
        "region": mapping.region,
        "empty": list(mapping.empty),
        "key": list(mapping.key),
        "file": {
            "encoding": mapping.encoding,
            "delimiter": mapping.delimiter,
            "header": list(mapping.header),
        },
        "dates": _write_dates(mapping),
        "numbers": {"decimal": mapping.decimal},
        "columns": {name: told[0] if len(told) == 1 else told for name, told in columns.items()},
        "constants": dict(mapping.constants),
        "lookups": {
            one.name: _filled({"file": one.file, "key": one.key, "encoding": one.encoding})
            for one in mapping.lookups
        },
        "skip": [{"column": skip.column, skip.test: skip.value} for skip in mapping.skip],
    }
    if mapping.quote != '"':
        document["file"]["quote"] = mapping.quote
    return {
        name: _filled(told) if name in ("file", "numbers") else told
        for name, told in document.items()
        if _any(told)
    }


def _any(told: Any) -> bool:
    return any(value not in ("", []) for value in told.values()) if isinstance(told, dict) else bool(told)


def _filled(told: Document) -> Document:
    return {name: value for name, value in told.items() if value not in ("", [], {}, (), False, None)}


def _write_column(column: Column) -> Any:
    told = _filled(
        {
            "to": column.to,
            "type": column.type,
            "formats": list(column.formats),
            "values": dict(column.values),
            "lookup": [".".join(step) for step in column.lookup],
            "case": column.case,
            "default": column.default,
            "category": column.category,
            "label": column.label,
            "shift": column.shift,
            "if_wrong": "" if column.if_wrong == "reject" else column.if_wrong,
        }
    )
    return column.to if set(told) == {"to"} else told


def _write_dates(mapping: Mapping) -> Document:
    told: Document = {"formats": list(mapping.date_formats), "time_zone": mapping.time_zone}
    if mapping.shift:
        told["shift"] = {"anchor": mapping.shift.anchor.isoformat(), "to": mapping.shift.to}
    if mapping.spread_hours:
        told["spread_hours"] = list(mapping.spread_hours)
    return _filled(told)
