"""Rule for what is tracked: it names no registry host and no folder of somebody's machine."""

from __future__ import annotations

import re

from tests.architecture.rules.source import Tree

# Written with brackets so that this file does not find itself.
HOSTS = re.compile(
    r"py[p]i\.org|files\.py[t]honhosted\.org|registry\.n[p]mjs\.org|registry\.y[a]rnpkg\.com|crates\.[i]o|proxy\.g[o]lang\.org"
)
FOLDERS = re.compile(r"(?<![\w.:/-])/(?:[o]pt|[r]oot|[h]ome|[w]ork|[t]mp|[U]sers|[m]nt)/[\w.-]+|[C]:\\Users")
ADDRESS = re.compile(r"--(?:extra-)?index-url|--find-links|file:///")
BINARY = (".png", ".jpg", ".ico", ".woff2", ".zst", ".gz", ".parquet", ".gif", ".webp")


def tracked_files_are_portable(tree: Tree) -> list[str]:
    """What works here must work on any machine, behind any mirror."""
    found = []
    for source in tree.files():
        if source.path.endswith(BINARY) or source.path.startswith("tests/architecture/"):
            continue
        rules = [(HOSTS, "a registry host"), (FOLDERS, "a folder of one machine")]
        if source.path.endswith((".lock", ".txt", "package-lock.json")):
            rules.append((ADDRESS, "an index address"))
        for number, line in enumerate(source.text.splitlines(), 1):
            for bad, what in rules:
                if hit := bad.search(line):
                    found.append(
                        source.complain(
                            number,
                            f"names {what} ({hit.group()}). Leave the address to the installer's configuration.",
                        )
                    )
    return found
