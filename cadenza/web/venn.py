"""Two circles whose areas and common area are as the numbers of people, in a box of 320 × 180."""

from __future__ import annotations

from dataclasses import dataclass
from math import acos, pi, sqrt

WIDTH, HEIGHT, EDGE = 320.0, 180.0, 8.0
ROOM = 26.0  # a number narrower than this would not fit where it stands
STEPS = 60


@dataclass(frozen=True)
class Venn:
    """Centres and radii, and where a number may be written in each part (None where there is no room)."""

    first: tuple[float, float]
    second: tuple[float, float]
    middle: float
    only_first: float | None
    both: float | None
    only_second: float | None


def venn(only_first: int, both: int, only_second: int) -> Venn | None:
    """The circles as (x, radius); None where both are empty."""
    one, two = sqrt((only_first + both) / pi), sqrt((both + only_second) / pi)
    if not one and not two:
        return None
    apart = _distance(one, two, both)
    left, right = min(-one, apart - two), max(one, apart + two)
    scale = min((WIDTH - 2 * EDGE) / (right - left), (HEIGHT - 2 * EDGE) / (2 * max(one, two)))
    start = (WIDTH - (right - left) * scale) / 2 - left * scale
    first, second = (start, one * scale), (start + apart * scale, two * scale)
    return Venn(first, second, HEIGHT / 2, *_places(first, second, both))


def _distance(one: float, two: float, both: int) -> float:
    """How far apart the centres are so that the lens has this area; found by halving, since it has no closed form."""
    near, far = abs(one - two), one + two
    if not both:
        return far * 1.06
    for _ in range(STEPS):
        middle = (near + far) / 2
        near, far = (middle, far) if _lens(one, two, middle) > both else (near, middle)
    return near


def _lens(one: float, two: float, apart: float) -> float:
    """The common area of two circles (the usual formula of circular segments)."""
    if apart >= one + two:
        return 0.0
    if apart <= abs(one - two):
        return pi * min(one, two) ** 2
    a = (apart**2 + one**2 - two**2) / (2 * apart)
    b = apart - a
    height = sqrt(max(0.0, one**2 - a**2))
    return one**2 * acos(_bounded(a / one)) - a * height + two**2 * acos(_bounded(b / two)) - b * height


def _bounded(cosine: float) -> float:
    return max(-1.0, min(1.0, cosine))


def _places(first: tuple[float, float], second: tuple[float, float], both: int) -> tuple[float | None, ...]:
    """The middles of the three parts, where they are wide enough for a number."""
    (a, r), (b, s) = first, second
    spans = [(a - r, min(a + r, b - s)), (max(a - r, b - s), min(a + r, b + s)), (max(b - s, a + r), b + s)]
    if not both:
        spans[1] = (0.0, 0.0)
    return tuple((start + end) / 2 if end - start >= ROOM else None for start, end in spans)
