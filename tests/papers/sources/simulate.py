"""Simulate STM, AFM, SEM and TEM pictures from plain models of the physics, with their scale bars, for the specimen papers.

    python simulate.py        writes every picture of PICTURES as an 8-bit grey JPEG into pictures/

Lengths are nanometres unless a name says otherwise; a picture is a float array in [0, 1], row 0 at the top.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw, ImageFont

Picture = npt.NDArray[np.float64]
Rng = np.random.Generator

CU111 = 0.255  # nm, nearest-neighbour distance on Cu(111): a = 0.361 nm divided by the square root of 2
CU111_STEP = 0.208  # nm, one (111) layer of copper
GRAPHENE = 0.246  # nm, lattice constant
MAGNETITE_111 = 0.485  # nm, d spacing of Fe3O4 (a = 0.8396 nm)
GOLD_111 = 0.2355  # nm
FONT_SIZE = 0.052  # height of the bar's text, as a share of the picture
QUALITY = 78


@dataclass(frozen=True)
class Shot:
    """One picture: its model, the width of its field and its scale bar, both in `unit`."""

    model: Callable[[Rng, int, float], Picture]
    field: float
    bar: float = 0.0  # 0: no bar
    unit: str = "nm"
    white_bar: bool = True
    size: int = 360  # pixels along the side

    @property
    def text(self) -> str:
        return f"{self.bar:g} {self.unit}"


# ---- plain tools


def grid(n: int, field: float) -> tuple[Picture, Picture]:
    """x and y of each pixel, in the unit of the field."""
    axis = (np.arange(n) + 0.5) * field / n
    x, y = np.meshgrid(axis, axis)
    return x, y


def blur(image: Picture, sigma: float) -> Picture:
    """Gaussian blur, sigma in pixels, periodic at the edges."""
    fy, fx = np.fft.fftfreq(image.shape[0])[:, None], np.fft.fftfreq(image.shape[1])[None, :]
    kernel = np.exp(-2 * (np.pi * sigma) ** 2 * (fx**2 + fy**2))
    return np.fft.ifft2(np.fft.fft2(image) * kernel).real


def texture(rng: Rng, n: int, sigma: float) -> Picture:
    """Smooth noise with zero mean and unit deviation."""
    field = blur(rng.standard_normal((n, n)), sigma)
    return (field - field.mean()) / field.std()


def stretch(image: Picture, low: float = 0.5, high: float = 99.5) -> Picture:
    """Grey values from the two percentiles to [0, 1]."""
    a, b = np.percentile(image, [low, high])
    return np.clip((image - a) / (b - a), 0, 1)


def waves(x: Picture, y: Picture, period: float, angles: tuple[float, ...]) -> Picture:
    """Sum of cosines; angles in degrees."""
    total = np.zeros_like(x)
    for angle in np.deg2rad(angles):
        total += np.cos(2 * np.pi * (x * np.cos(angle) + y * np.sin(angle)) / period)
    return total


def scattered(rng: Rng, count: int, field: float, apart: float) -> npt.NDArray[np.float64]:
    """Up to `count` points at least `apart` from each other."""
    points: list[npt.NDArray[np.float64]] = []
    for _ in range(count * 40):
        point = rng.uniform(0, field, 2)
        if all(np.hypot(*(point - other)) >= apart for other in points):
            points.append(point)
        if len(points) == count:
            break
    return np.array(points)


def cells(n: int, field: float, seeds: npt.NDArray[np.float64]) -> tuple[npt.NDArray[np.intp], Picture]:
    """Voronoi cells: index of the nearest seed, and the distance to the boundary."""
    x, y = grid(n, field)
    distance = np.stack([np.hypot(x - sx, y - sy) for sx, sy in seeds])
    two = np.sort(distance, axis=0)[:2]
    return distance.argmin(axis=0), (two[1] - two[0]) / 2


# ---- scanning tunnelling microscopy


def hexagonal(period: float, *, vacancies: int, double_tip: float = 0.0) -> Callable[[Rng, int, float], Picture]:
    """Close-packed atoms with missing ones; a double tip repeats the picture, shifted by `double_tip`."""

    def model(rng: Rng, n: int, field: float) -> Picture:
        x, y = grid(n, field)
        image = waves(x, y, period * np.sqrt(3) / 2, (7, 67, 127))
        for vx, vy in scattered(rng, vacancies, field, 4 * period):
            image -= 3.2 * np.exp(-((x - vx) ** 2 + (y - vy) ** 2) / (0.62 * period) ** 2)
        if double_tip:
            image += 0.55 * np.roll(image, round(double_tip * n / field), axis=1)
        lines = np.cumsum(rng.standard_normal(n))[:, None] * 0.012 + 0.12 * rng.standard_normal(n)[:, None]
        return stretch(image + lines + 0.22 * rng.standard_normal((n, n)))

    return model


def terraces(steps: int, *, islands: int = 0, standing_wave: float = 0.0) -> Callable[[Rng, int, float], Picture]:
    """Flat terraces with monatomic steps down to the right; `standing_wave` is the period of Friedel ripples at the steps."""

    def model(rng: Rng, n: int, field: float) -> Picture:
        x, y = grid(n, field)
        image = np.zeros((n, n))
        for k in range(steps):
            wander = field * 0.02 * texture(rng, n, n / 14)[:, :1]
            edge = field * (k + 0.75) / (steps + 0.5) + 0.22 * y + wander - 0.1 * field
            away = np.abs(x - edge)
            image -= CU111_STEP / (1 + np.exp(-(x - edge) / (field * 0.004)))
            if standing_wave:
                image += 0.03 * np.cos(2 * np.pi * away / standing_wave) / np.sqrt(1 + away / standing_wave)
        for ix, iy in scattered(rng, islands, field, field / 7):
            image += CU111_STEP * (np.hypot(x - ix, y - iy) < rng.uniform(0.02, 0.05) * field)
        return stretch(image + 0.006 * rng.standard_normal((n, n)) + 0.005 * rng.standard_normal(n)[:, None], 0, 100)

    return model


def moire(period: float) -> Callable[[Rng, int, float], Picture]:
    """Graphene's honeycomb under a moiré of `period`."""

    def model(rng: Rng, n: int, field: float) -> Picture:
        x, y = grid(n, field)
        atoms = -waves(x, y, GRAPHENE * np.sqrt(3) / 2, (0, 60, 120))
        slow = waves(x, y, period * np.sqrt(3) / 2, (12, 72, 132))
        return stretch(0.45 * atoms + slow + 0.25 * rng.standard_normal((n, n)))

    return model


# ---- atomic force microscopy


def islands(count: int, radius: float, *, faceted: bool) -> Callable[[Rng, int, float], Picture]:
    """Height map of domes or square pyramids on a slightly rough wafer."""

    def model(rng: Rng, n: int, field: float) -> Picture:
        x, y = grid(n, field)
        height = 0.02 * radius * texture(rng, n, 4)
        for cx, cy in scattered(rng, count, field, 1.9 * radius):
            r = radius * rng.uniform(0.8, 1.15)
            far = np.maximum(np.abs(x - cx), np.abs(y - cy)) if faceted else np.hypot(x - cx, y - cy)
            shape = np.clip(1 - far / r, 0, 1) if faceted else np.sqrt(np.clip(1 - (far / r) ** 2, 0, 1))
            height = np.maximum(height, 0.35 * r * shape + 0.01 * radius * texture(rng, n, 2))
        return stretch(height, 0.2, 99.9)

    return model


def rough(corner: float) -> Callable[[Rng, int, float], Picture]:
    """Self-affine surface with a correlation length of `corner`."""

    def model(rng: Rng, n: int, field: float) -> Picture:
        sigma = corner * n / field
        return stretch(texture(rng, n, sigma) + 0.35 * texture(rng, n, sigma / 4) + 0.08 * rng.standard_normal((n, 1)))

    return model


# ---- scanning electron microscopy


def grains(size: float, *, pores: float = 0.0, relief: float = 0.5) -> Callable[[Rng, int, float], Picture]:
    """Thermally etched grains of a mean `size`: grooves at boundaries, channelling contrast inside, pores at some corners."""

    def model(rng: Rng, n: int, field: float) -> Picture:
        count = max(6, round((field / size) ** 2))
        seeds = scattered(rng, count, field, 0.62 * size)
        index, depth = cells(n, field, seeds)
        image = 0.5 + 0.11 * rng.standard_normal(len(seeds))[index]
        image += relief * 0.18 * np.tanh(depth / (0.08 * size)) - 0.35 * np.exp(-((depth / (0.022 * size)) ** 2))
        x, y = grid(n, field)
        for px, py in scattered(rng, round(pores * count), field, size):
            hole = np.hypot(x - px, y - py) / (0.17 * size)
            image = np.where(hole < 1, 0.08 + 0.1 * hole, image + 0.35 * np.exp(-(((hole - 1) / 0.16) ** 2)))
        return np.clip(image + 0.05 * rng.standard_normal((n, n)), 0, 1)

    return model


def spheres(diameter: float, count: int) -> Callable[[Rng, int, float], Picture]:
    """Particles in secondary electrons: bright edges, one over the other, a shadow at the lower right."""

    def model(rng: Rng, n: int, field: float) -> Picture:
        x, y = grid(n, field)
        image = 0.22 + 0.03 * texture(rng, n, 3)
        for cx, cy in rng.uniform(-0.05 * field, 1.05 * field, (count, 2)):
            r = diameter / 2 * rng.lognormal(0, 0.11)
            shadow = np.hypot(x - cx - 0.25 * r, y - cy - 0.25 * r) < r
            image = np.where(shadow, image * 0.6, image)
            far = np.hypot(x - cx, y - cy) / r
            tilt = 0.42 + 0.16 * np.sqrt(np.clip(1 - far**2, 0, 1)) * ((cx - x) + (cy - y)) / r + 0.42 * far**6
            image = np.where(far < 1, tilt, image)
        return np.clip(blur(image, 0.8) + 0.04 * rng.standard_normal((n, n)), 0, 1)

    return model


def wires(diameter: float, count: int) -> Callable[[Rng, int, float], Picture]:
    """A random network of straight nanowires on a dark substrate."""

    def model(rng: Rng, n: int, field: float) -> Picture:
        x, y = grid(n, field)
        image = 0.12 + 0.02 * texture(rng, n, 6)
        for cx, cy, angle in zip(*rng.uniform(0, field, (2, count)), rng.uniform(0, np.pi, count), strict=True):
            along = (x - cx) * np.cos(angle) + (y - cy) * np.sin(angle)
            across = np.abs(-(x - cx) * np.sin(angle) + (y - cy) * np.cos(angle)) / (diameter / 2)
            inside = (across < 1) & (np.abs(along) < field * rng.uniform(0.25, 0.6))
            image = np.where(inside, 0.5 + 0.4 * across**4 + rng.uniform(-0.08, 0.12), image)
        return np.clip(blur(image, 0.7) + 0.045 * rng.standard_normal((n, n)), 0, 1)

    return model


def lamellae(spacing: float, colony: float) -> Callable[[Rng, int, float], Picture]:
    """Pearlite: cementite lamellae bright on ferrite, one direction a colony."""

    def model(rng: Rng, n: int, field: float) -> Picture:
        seeds = scattered(rng, max(3, round((field / colony) ** 2)), field, 0.6 * colony)
        index, depth = cells(n, field, seeds)
        x, y = grid(n, field)
        angle = rng.uniform(0, np.pi, len(seeds))[index]
        period = spacing * rng.uniform(0.85, 1.2, len(seeds))[index]
        phase = 2 * np.pi * (x * np.cos(angle) + y * np.sin(angle)) / period + 0.7 * texture(rng, n, n / 18)
        image = 0.35 + 0.3 / (1 + np.exp(-8 * (np.cos(phase) - 0.55))) - 0.15 * np.exp(-((depth / (0.15 * spacing)) ** 2))
        return np.clip(image + 0.05 * rng.standard_normal((n, n)), 0, 1)

    return model


def flakes(size: float, count: int) -> Callable[[Rng, int, float], Picture]:
    """Hexagonal graphene domains, dark on a rolled copper foil."""

    def model(rng: Rng, n: int, field: float) -> Picture:
        x, y = grid(n, field)
        image = 0.62 + 0.03 * texture(rng, n, 5) + 0.02 * waves(x, y, field / 23, (88,))
        for cx, cy in scattered(rng, count, field, 1.05 * size):
            r, turn = size / 2 * rng.uniform(0.7, 1.1), rng.uniform(0, np.pi / 3)
            angle = np.arctan2(y - cy, x - cx) - turn
            rim = r * np.cos(np.pi / 6) / np.cos((angle % (np.pi / 3)) - np.pi / 6)
            image = np.where(np.hypot(x - cx, y - cy) < rim, image - 0.28, image)
        return np.clip(image + 0.035 * rng.standard_normal((n, n)), 0, 1)

    return model


# ---- transmission electron microscopy


def particles(diameter: float, spread: float, count: int) -> Callable[[Rng, int, float], Picture]:
    """Bright field: dark particles with a lognormal size distribution on a carbon film."""

    def model(rng: Rng, n: int, field: float) -> Picture:
        x, y = grid(n, field)
        image = 0.76 + 0.035 * texture(rng, n, 1.3)
        for cx, cy in scattered(rng, count, field, 1.12 * diameter):
            r = diameter / 2 * rng.lognormal(0, spread)
            thick = np.sqrt(np.clip(1 - ((x - cx) ** 2 + (y - cy) ** 2) / r**2, 0, 1))
            image *= 1 - (0.45 + 0.3 * rng.random()) * thick**0.8
        return np.clip(blur(image, 0.6) + 0.03 * rng.standard_normal((n, n)), 0, 1)

    return model


def fringes(
    spacing: float, *, second: float = 0.0, edge: bool = False, fft: bool = False
) -> Callable[[Rng, int, float], Picture]:
    """Lattice fringes of a crystal, with a second crystal beside it, an amorphous rim, or the FFT as an inset."""

    def model(rng: Rng, n: int, field: float) -> Picture:
        x, y = grid(n, field)
        lattice = waves(x, y, spacing, (28, 98.5))
        if second:
            right = x + 0.25 * y > 0.62 * field
            lattice = np.where(right, 1.2 * waves(x, y, second, (152,)), lattice)
        glass = texture(rng, n, 0.11 * n / field)
        if edge:
            lattice = np.where(np.hypot(x - 0.45 * field, y - 0.55 * field) < 0.42 * field, lattice - 0.6, 0)
        image = stretch(lattice + 0.75 * glass + 0.3 * texture(rng, n, n / 8))
        return with_fft(image) if fft else image

    return model


def with_fft(image: Picture) -> Picture:
    """The picture with its own power spectrum in the top right corner."""
    n = len(image)
    side = n // 3
    window = np.hanning(n)[:, None] * np.hanning(n)[None, :]
    power = np.log(1e-3 + np.abs(np.fft.fftshift(np.fft.fft2((image - image.mean()) * window))))
    half = side // 2
    middle = stretch(power[n // 2 - half : n // 2 + half, n // 2 - half : n // 2 + half], 60, 99.97)
    out = image.copy()
    out[: 2 * half + 4, n - 2 * half - 4 :] = 1.0
    out[2 : 2 * half + 2, n - 2 * half - 2 : n - 2] = middle
    return out


def spots(spacing: float, *, rings: tuple[float, ...] = ()) -> Callable[[Rng, int, float], Picture]:
    """Electron diffraction; the field is in reciprocal nanometres. A single crystal, or powder rings at 1/d for each d."""

    def model(rng: Rng, n: int, field: float) -> Picture:
        x, y = grid(n, field)
        u, v = x - field / 2, y - field / 2
        far = np.hypot(u, v)
        image = 0.9 * np.exp(-((far / (0.03 * field)) ** 2)) + 0.18 * np.exp(-far / (0.18 * field))
        for d in rings:
            angle = np.arctan2(v, u)
            spotty = 0.75 + 0.12 * sum(np.cos(k * angle + rng.uniform(0, 6.3)) for k in (7, 11, 17))
            image += 0.5 * spotty * np.exp(-(((far - 1 / d) / (0.009 * field)) ** 2)) * np.exp(-far / (0.7 * field))
        g, width = 1 / spacing, 0.013 * field
        for h in range(-4, 5) if not rings else ():
            for k in range(-4, 5):
                gx, gy = g * (h + k * 0.334), g * (k * 0.943)
                image += np.exp(-(((u - gx) ** 2 + (v - gy) ** 2) / width**2)) * np.exp(-np.hypot(gx, gy) / (0.3 * field))
        return np.clip(image + 0.02 * rng.standard_normal((n, n)), 0, 1)

    return model


def columns(spacing: float, *, interface: bool = False) -> Callable[[Rng, int, float], Picture]:
    """HAADF: bright atomic columns; below an interface every second row is of the lighter element."""

    def model(rng: Rng, n: int, field: float) -> Picture:
        x, y = grid(n, field)
        peaks = (np.cos(np.pi * x / spacing) * np.cos(np.pi * y / spacing)) ** 10
        light = (np.sin(np.pi * x / spacing) * np.sin(np.pi * y / spacing)) ** 10
        heavy = np.where(y < 0.52 * field, 1.0, 0.55) if interface else 1.0
        return stretch(blur(heavy * peaks + 0.35 * light, 1.2) + 0.06 * rng.standard_normal((n, n)), 1, 99.8)

    return model


def bend(period: float) -> Callable[[Rng, int, float], Picture]:
    """Thickness fringes of a wedge: two-beam intensity against the extinction length."""

    def model(rng: Rng, n: int, field: float) -> Picture:
        x, y = grid(n, field)
        thick = (x + 0.35 * y + 0.05 * field * texture(rng, n, n / 9)) / period
        image = 0.5 + 0.45 * np.cos(2 * np.pi * thick) * np.exp(-thick / 7)
        for k in range(3):
            line = np.abs(0.5 * x + y - field * (0.45 + 0.2 * k)) / (0.006 * field)
            image -= 0.35 * np.exp(-(line**2)) * (np.cos(2 * np.pi * thick * 1.5) > 0)
        return np.clip(blur(image, 1) + 0.035 * rng.standard_normal((n, n)), 0, 1)

    return model


def counts(seeds_from: int, diameter: float, level: float) -> Callable[[Rng, int, float], Picture]:
    """An elemental map: Poisson counts on the particles that `particles` drew from the same seed."""

    def model(rng: Rng, n: int, field: float) -> Picture:
        shape = particles(diameter, 0.1, 12)(np.random.default_rng(seeds_from), n, field)
        return np.clip(rng.poisson(level * np.clip(0.78 - blur(shape, 2), 0, 1) + 0.02) / 3, 0, 1)

    return model


# ---- by eye


def bars(broken: bool) -> Callable[[Rng, int, float], Picture]:
    """A photograph of tensile bars on a bench, a ruler in front; the field is in millimetres."""

    def model(rng: Rng, n: int, field: float) -> Picture:
        x, y = grid(n, field)
        image = 0.55 + 0.2 * y / field + 0.015 * texture(rng, n, 2)
        for k in range(4):
            middle = field * (0.14 + 0.165 * k)
            half = np.where(np.abs(x - field / 2) < 0.24 * field, 0.026 * field, 0.055 * field)
            gap = (np.abs(x - field * (0.5 + 0.02 * k) - 0.15 * (y - middle)) < 0.014 * field * (k + 1) / 2) & broken
            inside = (np.abs(y - middle) < half) & (np.abs(x - field / 2) < 0.42 * field) & ~gap
            shade = (np.abs(y - middle - 0.02 * field) < half) & (np.abs(x - field / 2) < 0.43 * field)
            image = np.where(shade, image * 0.8, image)
            image = np.where(inside, 0.42 - 0.2 * (y - middle) / half * 0.5 + 0.01 * texture(rng, n, 1), image)
        rule = y > 0.8 * field
        tick = (x % 10 < 0.5) & (y < 0.9 * field) | (x % 1 < 0.3) & (y < 0.84 * field)
        return np.clip(np.where(rule, np.where(tick, 0.1, 0.86), image), 0, 1)

    return model


def film(rng: Rng, n: int, field: float) -> Picture:
    """A photograph of a transparent electrode over printed stripes; the field is in millimetres."""
    x, y = grid(n, field)
    stripes = 0.75 - 0.3 * ((x + 0.2 * y) % 7 < 2.2)
    sheet = (np.abs(x - field / 2) < 0.33 * field) & (np.abs(y - field / 2) < 0.3 * field)
    gloss = 0.12 * np.exp(-(((x - y) / (0.2 * field)) ** 2))
    image = np.where(sheet, 0.8 * stripes + 0.1 + gloss, stripes)
    edge = sheet & ~((np.abs(x - field / 2) < 0.325 * field) & (np.abs(y - field / 2) < 0.295 * field))
    return np.clip(np.where(edge, 0.3, image) + 0.015 * texture(rng, n, 1.5), 0, 1)


# ---- the pictures of the papers, by name; the seed is the place in the list

PICTURES: dict[str, Shot] = {
    "stm-atoms": Shot(hexagonal(CU111, vacancies=9), 6, 1),
    "stm-double": Shot(hexagonal(CU111, vacancies=7, double_tip=0.8), 6, 1),
    "stm-terraces": Shot(terraces(4, islands=8), 120, 20),
    "stm-waves": Shot(terraces(1, standing_wave=1.5), 24, 5, size=400),
    "afm-pyramids": Shot(islands(60, 26, faceted=True), 500, 100),
    "afm-domes": Shot(islands(22, 48, faceted=False), 500, 100),
    "afm-rough-a": Shot(rough(0.018), 1, 0.2, "µm"),
    "afm-rough-b": Shot(rough(0.045), 1, 0.2, "µm"),
    "tem-magnetite": Shot(particles(12, 0.12, 45), 150, 20, white_bar=False, size=420),
    "tem-magnetite-hot": Shot(particles(21, 0.2, 22), 150, 20, white_bar=False),
    "hrtem-magnetite": Shot(fringes(MAGNETITE_111, edge=True, fft=True), 14, 2, size=400),
    "saed-magnetite": Shot(spots(0.3, rings=(0.485, 0.297, 0.253, 0.21, 0.1715, 0.1616, 0.1485)), 18, 5, "1/nm"),
    "sem-grains-a": Shot(grains(0.8, pores=0.25), 6, 1, "µm"),
    "sem-grains-b": Shot(grains(1.5, pores=0.12), 6, 1, "µm"),
    "sem-grains-c": Shot(grains(2.6, pores=0.05), 12, 2, "µm"),
    "sem-fracture": Shot(grains(2.2, relief=1.6), 12, 2, "µm"),
    "sem-powder": Shot(spheres(0.3, 170), 2.4, 0.5, "µm"),
    "haadf-au": Shot(columns(GOLD_111), 4.5, 1, size=400),
    "haadf-interface": Shot(columns(0.276, interface=True), 6, 1, size=400),
    "stem-particles": Shot(lambda rng, n, f: 1 - particles(7, 0.1, 12)(np.random.default_rng(900), n, f), 50, 10),
    "eds-au": Shot(counts(900, 7, 9.0), 50, 10),
    "eds-ti": Shot(lambda rng, n, f: np.clip(rng.poisson(1.1, (n, n)) / 4, 0, 1), 50, 10),
    "hrtem-twin": Shot(fringes(GOLD_111, second=0.352), 8, 2, size=400),
    "sem-flakes": Shot(flakes(18, 14), 100, 20, "µm"),
    "sem-flakes-long": Shot(flakes(42, 7), 100, 20, "µm"),
    "stm-moire": Shot(moire(2.5), 10, 2),
    "stm-honeycomb": Shot(moire(40), 2.5, 0.5),
    "om-flakes": Shot(flakes(60, 9), 300, 50, "µm", white_bar=False),
    "tem-wedge": Shot(bend(56), 600, 100, size=420),
    "tem-wedge-g": Shot(bend(88), 600, 100),
    "saed-al": Shot(spots(0.234), 24, 5, "1/nm"),
    "hrtem-al": Shot(fringes(0.234, fft=True), 9, 2),
    "sem-pearlite-a": Shot(lamellae(0.32, 6), 12, 2, "µm"),
    "sem-pearlite-b": Shot(lamellae(0.16, 4), 12, 2, "µm"),
    "sem-pearlite-map": Shot(lamellae(0.5, 9), 40, 10, "µm", size=480),
    "sem-dimples": Shot(grains(4, relief=2.4, pores=0.5), 40, 10, "µm"),
    "photo-bars": Shot(bars(False), 100, 0, "mm"),
    "photo-broken": Shot(bars(True), 100, 0, "mm"),
    "sem-film-a": Shot(grains(0.22), 2, 0.5, "µm"),
    "sem-film-b": Shot(grains(0.55), 2, 0.5, "µm"),
    "afm-film": Shot(rough(0.03), 2, 0.5, "µm"),
    "afm-film-b": Shot(rough(0.07), 2, 0.5, "µm"),
    "sem-wires": Shot(wires(0.06, 46), 5, 1, "µm"),
    "sem-wires-dense": Shot(wires(0.06, 120), 5, 1, "µm"),
    "tem-wire": Shot(wires(62, 9), 500, 100),
    "hrtem-wire": Shot(fringes(0.2359, fft=True), 7, 2),
    "photo-film": Shot(film, 60, 0, "mm"),
}


def finished(name: str) -> Image.Image:
    """The picture `name` with its scale bar burnt in, as an 8-bit grey image."""
    shot = PICTURES[name]
    rng = np.random.default_rng(list(PICTURES).index(name) + 1)
    image = Image.fromarray((255 * shot.model(rng, shot.size, shot.field)).astype(np.uint8))
    if shot.bar:
        draw_bar(image, shot)
    return image


def draw_bar(image: Image.Image, shot: Shot) -> None:
    n = shot.size
    ink, ground = (255, 0) if shot.white_bar else (0, 255)
    length = shot.bar / shot.field * n
    font = ImageFont.load_default(size=round(FONT_SIZE * n))
    left, bottom = 0.05 * n, 0.95 * n
    draw = ImageDraw.Draw(image)
    draw.rectangle((left - 4, bottom - 0.1 * n, left + max(length, 0.17 * n) + 6, bottom + 4), fill=ground)
    draw.rectangle((left, bottom - 0.018 * n, left + length, bottom), fill=ink)
    at = (left, bottom - 0.028 * n)
    draw.text(at, shot.text.replace("µ", "u"), fill=ink, font=font, anchor="ls")
    if "µ" in shot.text:  # Pillow's own font has no micro sign: its stem is drawn to the u
        stem = left + font.getlength(shot.text.split("µ")[0]) + 0.07 * FONT_SIZE * n
        draw.line((stem, at[1] - 0.45 * FONT_SIZE * n, stem, at[1] + 0.2 * FONT_SIZE * n), fill=ink, width=2)


def main() -> None:
    folder = Path(__file__).parent / "pictures"
    folder.mkdir(exist_ok=True)
    for name in PICTURES:
        finished(name).save(folder / f"{name}.jpg", quality=QUALITY, optimize=True)


if __name__ == "__main__":
    main()
