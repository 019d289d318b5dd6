"""A subject as people read it: the name of each variable instead of its code."""

from __future__ import annotations

import re
from collections.abc import Mapping

PRINTED = re.compile(r"{{-?\s*([\w.]*)[^}]*}}")
TAG = re.compile(r"{%.*?%}")


def gloss(source: str, labels: Mapping[str, str]) -> str:
    """`{{ person.first_name | default: "Hello" }}, news` → `[First name], news`; conditions are left out."""
    written = PRINTED.sub(lambda found: f"[{labels.get(found[1], found[1] or '…')}]", source)
    return " ".join(TAG.sub("", written).split())
