"""The shapes of badges as numbers: their outlines, how wide they are where, the engraver's loops."""

from __future__ import annotations

import hashlib
import itertools
import math
from functools import lru_cache

MARGIN = 10


def room_at(shape: str, baseline: float, size: float) -> float:
    """How wide a line may be: the narrower of its upper and lower edge inside the inner rim."""
    edges = (baseline - size * 0.75, baseline + size * 0.24)
    return max(2 * (min(half_width(shape, y) for y in edges) - MARGIN), 1)


def half_width(shape: str, y: float, scale: float = 0.84) -> float:
    """Half the width of the shape at height y, of the rim drawn at `scale`."""
    away = abs(y - 200)
    if shape == "hexagon":
        radius = 182 * scale
        full, rest = radius * math.cos(math.radians(30)), radius - away
        return max(0.0, min(full, rest * math.tan(math.radians(60))))
    if shape == "octagon":
        apothem = 180 * scale * math.cos(math.radians(22.5))
        corner = apothem * math.tan(math.radians(22.5))
        return max(0.0, apothem - max(0.0, away - corner)) if away <= apothem else 0.0
    if shape == "shield":
        outline = (y - 200) / scale + 200
        if outline <= 206:
            return 144 * scale if outline >= 72 else 0.0
        return shield_side(outline) * scale
    radius = (159 if shape == "rosette" else 172) * scale
    return math.sqrt(max(0.0, radius**2 - away**2))


def shield_side(y: float) -> float:
    """Half the width of the full-size shield at y, below its straight sides."""
    low, high = 0.0, 1.0
    for _round in range(30):
        t = (low + high) / 2
        at = 206 * (1 - t) ** 3 + 870 * t * (1 - t) ** 2 + 1038 * t**2 * (1 - t) + 378 * t**3
        low, high = (t, high) if at < y else (low, t)
    return 144 * (1 - low) ** 3 + 432 * low * (1 - low) ** 2 + 264 * low**2 * (1 - low)


def outer_path(shape: str, scale: float = 1.0) -> str:
    if shape == "hexagon":
        return rounded(corners(6, 182 * scale, -90), 34 * scale)
    if shape == "octagon":
        return rounded(corners(8, 180 * scale, -67.5), 26 * scale)
    if shape == "rosette":
        return scalloped(16, 166 * scale, 7 * scale)
    if shape == "shield":
        return shield(scale)
    r = 172 * scale
    return f"M{200 - r:.1f} 200a{r:.1f} {r:.1f} 0 1 0 {2 * r:.1f} 0a{r:.1f} {r:.1f} 0 1 0 {-2 * r:.1f} 0Z"


def corners(count: int, radius: float, first: float) -> list[tuple[float, float]]:
    angles = [math.radians(first + 360 * i / count) for i in range(count)]
    return [(200 + radius * math.cos(a), 200 + radius * math.sin(a)) for a in angles]


def rounded(points: list[tuple[float, float]], radius: float) -> str:
    out = []
    for i, corner in enumerate(points):
        before, after = points[i - 1], points[(i + 1) % len(points)]
        (ax, ay), (bx, by) = toward(corner, before, radius), toward(corner, after, radius)
        out.append(f"{'L' if i else 'M'}{ax:.1f} {ay:.1f}Q{corner[0]:.1f} {corner[1]:.1f} {bx:.1f} {by:.1f}")
    return "".join(out) + "Z"


def toward(a: tuple[float, float], b: tuple[float, float], length: float) -> tuple[float, float]:
    whole = math.hypot(b[0] - a[0], b[1] - a[1])
    return a[0] + (b[0] - a[0]) * length / whole, a[1] + (b[1] - a[1]) * length / whole


def scalloped(count: int, radius: float, depth: float) -> str:
    """`count` lobes as quadratic curves between the valleys."""
    valley, crest = radius - depth, radius + depth * 3
    out = []
    for i in range(count + 1):
        angle = math.radians(360 * i / count - 90 + 180 / count)
        middle = angle - math.radians(180 / count)
        x, y = 200 + valley * math.cos(angle), 200 + valley * math.sin(angle)
        if not i:
            out.append(f"M{x:.1f} {y:.1f}")
            continue
        out.append(
            f"Q{200 + crest * math.cos(middle):.1f} {200 + crest * math.sin(middle):.1f} {x:.1f} {y:.1f}"
        )
    return "".join(out) + "Z"


def shield(scale: float) -> str:
    def at(x: float, y: float) -> str:
        return f"{200 + (x - 200) * scale:.1f} {200 + (y - 200) * scale:.1f}"

    return (
        f"M{at(200, 26)}C{at(246, 58)} {at(298, 68)} {at(344, 70)}L{at(344, 206)}"
        f"C{at(344, 290)} {at(288, 346)} {at(200, 378)}C{at(112, 346)} {at(56, 290)} {at(56, 206)}"
        f"L{at(56, 70)}C{at(102, 68)} {at(154, 58)} {at(200, 26)}Z"
    )


def guilloche(seed: str, inner: float, outer: float, turns: int, *, step: int = 6) -> str:
    """Engraver's loops around (200, 200) that `seed` determines: an ornament, not a proof. In tenths."""
    digest = hashlib.sha256(seed.encode()).digest()
    return _loops(6 + digest[0] % 6, 2 + digest[1] % 3, inner, outer, turns, step)


@lru_cache(maxsize=256)
def _loops(petals: int, waves: int, inner: float, outer: float, turns: int, step: int) -> str:
    """Each loop is a quadratic B-spline: through the middles between its points, smooth with few numbers.

    Kept: there are eighteen of a size, and drawing one takes longer than all else on the certificate page.
    """
    middle, swing = (outer + inner) / 2, (outer - inner) / 2
    out = []
    for turn in range(turns):
        phase = 2 * math.pi * turn / turns
        ring = []
        for degree in range(0, 360, step):
            t = math.radians(degree)
            wave = math.sin(petals * t + phase) * (0.62 + 0.38 * math.cos(waves * t + 2 * phase))
            radius = middle + swing * wave
            ring.append(((200 + radius * math.cos(t)) * 10, (200 + radius * math.sin(t)) * 10))
        ring.append(ring[0])
        middles = [(round((a[0] + b[0]) / 2), round((a[1] + b[1]) / 2)) for a, b in itertools.pairwise(ring)]
        here, first = middles[0], ring[1]
        second = middles[1]
        out.append(f"M{here[0]} {here[1]}Q{round(first[0])} {round(first[1])} {second[0]} {second[1]}t")
        here = second
        for point in [*middles[2:], middles[0]]:
            out.append(f"{point[0] - here[0]:+d}{point[1] - here[1]:+d}")
            here = point
    return "".join(out)
