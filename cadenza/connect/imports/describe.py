"""What became of a run, in words for a terminal."""

from __future__ import annotations

from cadenza.connect.imports.types import COUNTED, Run


def describe(run: Run) -> str:
    """A line or two, and the first rows that were, or would be, rejected."""
    told = run.checked or {name: getattr(run.counts, name) for name in COUNTED} | {"rows": run.rows_done}
    parts = [f"{told[name]:,} {name}" for name in COUNTED if told.get(name)]
    begin = "would be" if run.checked else "are"
    said = f"{run.file_name}: {told['rows']:,} rows; of them {begin} {', '.join(parts) or 'none taken'}."
    for flaw in run.checked.get("flaws", ()):
        said += f"\n  row {flaw['row']}: {'; '.join(flaw['reasons'])}"
    return said + (f"\n{run.state}: {run.error}" if run.error else "")
