"""Makes the pictures in inst/extdata/pictures: circles, squares and triangles of any colour, size, place and turn.

Run with Pillow and NumPy: python3 tools/pictures.py
"""

import math
import os

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

FOLDER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "inst", "extdata", "pictures")
SIZE = 32
EACH = 40
SCALE = 4  # drawn larger and made smaller, for smooth edges
CORNERS = {"circle": 60, "square": 4, "triangle": 3}


def colours(random):
    """A dark and a light one, in either role."""
    dark, light = random.integers(0, 110, 3), random.integers(145, 256, 3)
    pair = (dark, light) if random.random() < 0.5 else (light, dark)
    return [tuple(int(part) for part in colour) for colour in pair]


def picture(corners, random):
    ground, ink = colours(random)
    image = Image.new("RGB", (SIZE * SCALE, SIZE * SCALE), ground)
    radius = random.uniform(7, 12) * SCALE
    middle = random.uniform(12, 20, 2) * SCALE
    turn = random.uniform(0, 2 * math.pi)
    angles = [turn + 2 * math.pi * corner / corners for corner in range(corners)]
    ImageDraw.Draw(image).polygon(
        [(middle[0] + radius * math.cos(a), middle[1] + radius * math.sin(a)) for a in angles], fill=ink)
    image = image.resize((SIZE, SIZE), Image.LANCZOS).filter(ImageFilter.GaussianBlur(0.4))
    noise = random.normal(0, 8, (SIZE, SIZE, 1))
    return Image.fromarray((np.asarray(image) + noise).clip(0, 255).astype("uint8"))


if __name__ == "__main__":
    random = np.random.default_rng(20261129)
    for name, corners in CORNERS.items():
        os.makedirs(os.path.join(FOLDER, name), exist_ok=True)
        for i in range(EACH):
            picture(corners, random).save(os.path.join(FOLDER, name, "%02d.jpg" % (i + 1)), quality=85)
