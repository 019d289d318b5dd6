"""From an answer's tree to its bytes, in JSON or in XML."""

from __future__ import annotations

import json
import re
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from lxml import etree

from cadenza.connect.operations.types import Tree
from cadenza.connect.operations.unfold import LISTS, VALUE

NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.\-]*")
UNFIT = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")  # what XML 1.0 cannot hold


def write(tree: Tree, as_xml: bool, root: str = "result") -> bytes:
    """The bytes of an answer; in XML below `<result>`."""
    if not as_xml:
        return json.dumps(tree, ensure_ascii=False, default=_plain).encode()
    made = etree.Element(root)
    _fill(made, tree, root)
    return bytes(etree.tostring(made, xml_declaration=True, encoding="utf-8"))


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return int(value) if value == int(value) else float(value)
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(type(value).__name__)


def _fill(element: Any, value: Any, name: str) -> None:
    match value:
        case dict():
            for key, part in value.items():
                _fill(_under(element, key), part, key)
        case list() | tuple():
            for part in value:
                _fill(_under(element, LISTS.get(name, VALUE)), part, VALUE)
        case None:
            pass
        case bool():
            element.text = "true" if value else "false"
        case str() | int() | float():
            element.text = UNFIT.sub("", str(value))
        case _:
            element.text = str(_plain(value))


def _under(element: Any, name: str) -> Any:
    """A child; a name that XML has none for (a shop's own field) becomes one that it has."""
    fit = name if NAME.fullmatch(name) else "_" + re.sub(r"[^A-Za-z0-9_.\-]", "_", name)
    return etree.SubElement(element, fit)
