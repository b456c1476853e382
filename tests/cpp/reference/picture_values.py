"""Writes picture_values.json, and the files in pictures/ that it tells about.

Run with PyTorch 1.13, NumPy and Pillow: python3 picture_values.py
"decoded": what Pillow reads from the files, in the mode that stands for a number of channels.
"transformed": transformations of pictures with `picture_values()`, written from torchvision's definitions: resizing and
moving by PyTorch's own functions, colours by NumPy and colorsys.
"""

import colorsys
import json
import math
import os

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image

HERE = os.path.dirname(os.path.abspath(__file__))
FOLDER = os.path.join(HERE, "pictures")
MODES = {1: "L", 3: "RGB", 4: "RGBA"}


def picture_values(shape):
    index = np.arange(int(np.prod(shape)))
    return torch.tensor((((index * 37 + 11) % 101) / 100).reshape(shape).astype("float32"))


def smooth_pixels(channels, height, width):
    y, x = np.mgrid[0:height, 0:width]
    planes = [127 + 120 * np.sin((x + 2 * c) / 3.0) * np.cos((y - c) / (4.0 + c)) for c in range(channels)]
    return np.stack(planes, axis=-1).round().astype("uint8")


def write_files():
    rgb = Image.fromarray(smooth_pixels(3, 13, 17))
    grey = Image.fromarray(smooth_pixels(1, 13, 17)[:, :, 0])
    rgb.save(os.path.join(FOLDER, "colour.jpg"), quality=90)
    grey.save(os.path.join(FOLDER, "grey.jpg"), quality=80)
    rgb.convert("CMYK").save(os.path.join(FOLDER, "cmyk.jpg"))
    rgb.save(os.path.join(FOLDER, "progressive.jpg"), quality=70, progressive=True)
    rgb.save(os.path.join(FOLDER, "colour.png"))
    grey.save(os.path.join(FOLDER, "grey.png"))
    Image.fromarray(smooth_pixels(4, 6, 5)).save(os.path.join(FOLDER, "alpha.png"))
    Image.fromarray(smooth_pixels(2, 6, 5), "LA").save(os.path.join(FOLDER, "grey_alpha.png"))
    rgb.quantize(16).save(os.path.join(FOLDER, "palette.png"))
    grey.point(lambda v: 255 if v > 127 else 0).convert("1").save(os.path.join(FOLDER, "two_colours.png"))


def decoded():
    cases = []
    for name in sorted(os.listdir(FOLDER)):
        if name == "cmyk.jpg":
            continue
        for channels, mode in MODES.items():
            pixels = np.asarray(Image.open(os.path.join(FOLDER, name)).convert(mode))
            pixels = pixels.reshape(pixels.shape[0], pixels.shape[1], channels).transpose(2, 0, 1)
            cases.append({"file": name, "channels": channels, "shape": list(pixels.shape),
                          "values": pixels.flatten().tolist()})
    return cases


def interpolate(x, size, **options):
    return F.interpolate(x[None], size=list(size), **options)[0]


def bilinear(x, size, antialias=True):
    return interpolate(x, size, mode="bilinear", align_corners=False, antialias=antialias)


def bicubic(x, size, antialias=True):
    # without antialias the kernel of OpenCV, with it that of Pillow
    return interpolate(x, size, mode="bicubic", align_corners=False, antialias=antialias)


def pillow(x, size):
    planes = [Image.fromarray(plane.numpy(), "F").resize(size[::-1], Image.BICUBIC) for plane in x]
    return torch.tensor(np.stack([np.asarray(plane) for plane in planes]))


def inverse_matrix(angle, translate, scale, shear):
    turn, sx, sy = math.radians(angle), math.radians(shear[0]), math.radians(shear[1])
    shearing = np.array([[1, -math.tan(sx)], [0, 1]])
    shearing = np.array([[1, 0], [-math.tan(sy), 1]]) @ shearing
    rotation = np.array([[math.cos(turn), -math.sin(turn)], [math.sin(turn), math.cos(turn)]])
    forward = rotation @ shearing * scale
    inverse = np.linalg.inv(forward)
    return np.hstack([inverse, -inverse @ np.array([[translate[0]], [translate[1]]])])


def expanded_size(matrix, height, width):
    """The size of the box around the turned corners, as torchvision's functional.rotate(expand=True) computes it."""
    corners = torch.tensor([[x, y] for x in (-width / 2, width / 2) for y in (-height / 2, height / 2)])
    turned = corners @ torch.tensor(np.asarray(matrix)[:, :2].T).float() + torch.tensor([width / 2, height / 2])
    largest = torch.ceil((turned.max(dim=0)[0] / 1e-4).trunc() * 1e-4)
    smallest = torch.floor((turned.min(dim=0)[0] / 1e-4).trunc() * 1e-4)
    width, height = (largest - smallest).int().tolist()
    return height, width


def moved(x, matrix, mode, expand=False, fill=None):
    height, width = x.shape[1:]
    if fill is not None:
        inside = moved(torch.ones_like(x), matrix, mode, expand)
        return moved(x, matrix, mode, expand) + (1 - inside) * torch.tensor(fill)[:, None, None]
    rows, columns = expanded_size(matrix, height, width) if expand else (height, width)
    theta = torch.tensor(matrix, dtype=torch.float64)
    across = torch.arange(columns, dtype=torch.float64) - columns / 2 + 0.5
    down = torch.arange(rows, dtype=torch.float64) - rows / 2 + 0.5
    base = torch.stack([across.expand(rows, columns), down[:, None].expand(rows, columns),
                        torch.ones(rows, columns, dtype=torch.float64)], dim=-1)
    grid = base @ theta.T / torch.tensor([0.5 * width, 0.5 * height], dtype=torch.float64)
    result = F.grid_sample(x[None].double(), grid[None], mode=mode, padding_mode="zeros", align_corners=False)
    return result[0].float()


def numpy_pad(x, left, right, top, bottom, **options):
    return torch.tensor(np.pad(x.numpy(), ((0, 0), (top, bottom), (left, right)), **options))


def grey(x):
    return 0.2989 * x[0] + 0.587 * x[1] + 0.114 * x[2]


def blend(x, other, factor):
    return (factor * x + (1 - factor) * other).clamp(0, 1)


def turned_hue(x, shift):
    def pixel(rgb):
        hue, saturation, value = colorsys.rgb_to_hsv(*rgb)
        return colorsys.hsv_to_rgb((hue + shift) % 1.0, saturation, value)

    return torch.tensor(np.apply_along_axis(pixel, 0, x.double().numpy()))


def center_crop(x, height, width):
    rows, columns = max(height - x.shape[1], 0), max(width - x.shape[2], 0)
    x = numpy_pad(x, columns // 2, (columns + 1) // 2, rows // 2, (rows + 1) // 2)
    top, left = round((x.shape[1] - height) / 2.0), round((x.shape[2] - width) / 2.0)
    return x[:, top:top + height, left:left + width]


SHAPE = (3, 7, 5)
X = picture_values(SHAPE)
PER_CHANNEL = {"mean": [0.5, 0.4, 0.3], "std": [0.2, 0.3, 0.4]}

CASES = [
    ("nop", {}, X),
    ("resize", {"size": [4, 3]}, bilinear(X, (4, 3))),
    ("resize", {"size": [13, 11]}, bilinear(X, (13, 11))),
    ("resize", {"size": [3, 8]}, bilinear(X, (3, 8))),
    ("resize", {"size": [10]}, bilinear(X, (14, 10))),
    ("resize", {"size": [3]}, bilinear(X, (4, 3))),
    ("resize", {"size": [4, 3], "antialias": False}, bilinear(X, (4, 3), antialias=False)),
    ("resize", {"size": [13, 9], "antialias": False}, bilinear(X, (13, 9), antialias=False)),
    ("resize", {"size": [4, 8], "interpolation": "nearest"}, interpolate(X, (4, 8), mode="nearest")),
    ("resize", {"size": [4, 3], "interpolation": "bicubic"}, bicubic(X, (4, 3))),
    ("resize", {"size": [13, 4], "interpolation": "bicubic"}, bicubic(X, (13, 4))),
    ("resize", {"size": [5, 9], "interpolation": "bicubic"}, pillow(X, (5, 9))),
    ("resize", {"size": [4, 3], "interpolation": "bicubic", "antialias": False}, bicubic(X, (4, 3), antialias=False)),
    ("resize", {"size": [13, 9], "interpolation": "bicubic", "antialias": False}, bicubic(X, (13, 9), antialias=False)),
    ("resize", {"size": [2, 1], "interpolation": "bicubic", "antialias": False}, bicubic(X, (2, 1), antialias=False)),
    ("hflip", {}, X.flip(2)),
    ("vflip", {}, X.flip(1)),
    ("crop", {"top": 2, "left": 3, "height": 4, "width": 2}, X[:, 1:5, 2:4]),
    ("crop", {"top": 0, "left": 4, "height": 4, "width": 4}, numpy_pad(X, 0, 2, 1, 0)[:, 0:4, 3:7]),
    ("center_crop", {"size": [4, 3]}, center_crop(X, 4, 3)),
    ("center_crop", {"size": [2]}, center_crop(X, 2, 2)),
    ("center_crop", {"size": [10, 3]}, center_crop(X, 10, 3)),
    ("center_crop", {"size": [8, 8]}, center_crop(X, 8, 8)),
    ("resized_crop", {"top": 2, "left": 1, "height": 4, "width": 5, "size": [6, 3]}, bilinear(X[:, 1:5], (6, 3))),
    ("pad", {"padding": [2], "fill": 0.5}, numpy_pad(X, 2, 2, 2, 2, constant_values=0.5)),
    ("pad", {"padding": [1, 2]}, numpy_pad(X, 1, 1, 2, 2)),
    ("pad", {"padding": [1, 0, 2, 3], "padding_mode": "edge"}, numpy_pad(X, 1, 0, 2, 3, mode="edge")),
    ("pad", {"padding": [4, 3, 2, 5], "padding_mode": "reflect"}, numpy_pad(X, 4, 3, 2, 5, mode="reflect")),
    ("pad", {"padding": [6, 7, 2, 9], "padding_mode": "symmetric"}, numpy_pad(X, 6, 7, 2, 9, mode="symmetric")),
    ("rotate", {"angle": 33.0}, moved(X, inverse_matrix(-33, (0, 0), 1, (0, 0)), "nearest")),
    ("rotate", {"angle": -75.0, "interpolation": "bilinear"},
     moved(X, inverse_matrix(75, (0, 0), 1, (0, 0)), "bilinear")),
    ("rotate", {"angle": 90.0, "expand": True}, torch.rot90(X, 1, (1, 2))),
    ("rotate", {"angle": -180.0, "expand": True}, torch.rot90(X, 2, (1, 2))),
    ("rotate", {"angle": 33.0, "expand": True, "interpolation": "bilinear"},
     moved(X, inverse_matrix(-33, (0, 0), 1, (0, 0)), "bilinear", expand=True)),
    ("rotate", {"angle": -50.0, "expand": True, "fill": [0.25, 0.5, 1.5]},
     moved(X, inverse_matrix(50, (0, 0), 1, (0, 0)), "nearest", expand=True, fill=[0.25, 0.5, 1.5])),
    ("affine", {"angle": 20.0, "translate": [1, -2], "scale": 1.3, "shear": [10.0], "interpolation": "bilinear"},
     moved(X, inverse_matrix(20, (1, -2), 1.3, (10, 0)), "bilinear")),
    ("affine", {"angle": -40.0, "scale": 0.7, "shear": [10.0, -15.0], "interpolation": "bilinear"},
     moved(X, inverse_matrix(-40, (0, 0), 0.7, (10, -15)), "bilinear")),
    ("adjust_brightness", {"brightness_factor": 1.4}, (1.4 * X).clamp(0, 1)),
    ("adjust_contrast", {"contrast_factor": 0.3}, blend(X, grey(X).mean(), 0.3)),
    ("adjust_contrast", {"contrast_factor": 1.8}, blend(X, grey(X).mean(), 1.8)),
    ("adjust_saturation", {"saturation_factor": 0.0}, blend(X, grey(X), 0.0)),
    ("adjust_saturation", {"saturation_factor": 2.5}, blend(X, grey(X), 2.5)),
    ("adjust_hue", {"hue_factor": 0.3}, turned_hue(X, 0.3)),
    ("adjust_hue", {"hue_factor": -0.45}, turned_hue(X, -0.45)),
    ("adjust_gamma", {"gamma": 0.6, "gain": 1.2}, (1.2 * X ** 0.6).clamp(0, 1)),
    ("grayscale", {"num_output_channels": 3}, grey(X).expand(3, 7, 5)),
    ("rgb_to_grayscale", {}, grey(X)[None]),
    ("normalize", {"mean": [0.5], "std": [0.25]}, (X - 0.5) / 0.25),
    ("normalize", PER_CHANNEL, (X - torch.tensor(PER_CHANNEL["mean"])[:, None, None]) /
     torch.tensor(PER_CHANNEL["std"])[:, None, None]),
    ("reshape", {"shape": [-1, 1, 21, -1]}, X.reshape(1, 21, 5)),
]


def transformed():
    return [{"name": name, "arguments": arguments, "input": list(SHAPE), "shape": list(y.shape),
             "values": [float("%.8g" % value) for value in y.flatten().tolist()]} for name, arguments, y in CASES]


if __name__ == "__main__":
    write_files()
    with open(os.path.join(HERE, "picture_values.json"), "w") as file:
        file.write('{"decoded": [\n')
        file.write(",\n".join(json.dumps(case) for case in decoded()))
        file.write('\n],\n"transformed": [\n')
        file.write(",\n".join(json.dumps(case) for case in transformed()))
        file.write("\n]}\n")
