"""`make bench`: run every measure and print one JSON line each, then a table.

`python -m bench ingest segments --scale 0.1` runs some, smaller.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Iterator
from importlib import import_module
from typing import Any

ALL = ("ingest", "freshness", "merge", "import", "segments", "membership", "send")
MODULES = {"import": "imports"}  # what Python calls otherwise
Measure = Callable[[float], Iterator[dict[str, Any]]]


def main() -> None:
    """Run the measures that were named, or all."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("names", nargs="*", default=list(ALL), help=f"which measures: {', '.join(ALL)}")
    parser.add_argument("--scale", type=float, default=1.0, help="1 is the published size; 0.1 a tenth of it")
    told = parser.parse_args()
    lines = []
    for name in told.names or ALL:
        if name not in ALL:
            parser.error(f"There is no measure {name!r}. Known are: {', '.join(ALL)}.")
        measure: Measure = import_module(f"bench.{MODULES.get(name, name)}").run
        for line in measure(told.scale):
            print(json.dumps(line), flush=True)
            lines.append(line)
    _table(lines)


def _table(lines: list[dict[str, Any]]) -> None:
    print("\n" + f"{'measure':34} {'value':>14} {'ceiling':>14} {'ratio':>7}  unit", file=sys.stderr)
    for line in lines:
        shown = [
            f"{line.get(key):,.2f}" if isinstance(line.get(key), int | float) else "–"
            for key in ("value", "ceiling", "ratio")
        ]
        print(
            f"{line['name']:34} {shown[0]:>14} {shown[1]:>14} {shown[2]:>7}  {line['unit']}", file=sys.stderr
        )


if __name__ == "__main__":
    main()
