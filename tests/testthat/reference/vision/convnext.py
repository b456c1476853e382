"""Writes what ConvNeXt-T computes, with torchvision's names, from the definitions of Liu et al. (2022).

usage: python3 convnext.py > convnext_tiny.json
"""
import torch
from torch import nn

from fill import CLASSES, write_reference


class Permute(nn.Module):
    def __init__(self, *dims):
        super().__init__()
        self.dims = dims

    def forward(self, x):
        return x.permute(*self.dims)


class ChannelNorm(nn.LayerNorm):
    """Over the channels of each place."""

    def forward(self, x):
        return super().forward(x.permute(0, 2, 3, 1)).permute(0, 3, 1, 2)


class Block(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.layer_scale = nn.Parameter(torch.full((channels, 1, 1), 1e-6))
        self.block = nn.Sequential(
            nn.Conv2d(channels, channels, 7, padding=3, groups=channels), Permute(0, 2, 3, 1),
            nn.LayerNorm(channels, 1e-6), nn.Linear(channels, 4 * channels), nn.GELU(),
            nn.Linear(4 * channels, channels), Permute(0, 3, 1, 2))

    def forward(self, x):
        return x + self.layer_scale * self.block(x)


class ConvNeXt(nn.Module):
    def __init__(self, channels, depths):
        super().__init__()
        parts = [nn.Sequential(nn.Conv2d(3, channels[0], 4, 4), ChannelNorm(channels[0], 1e-6))]
        for i, depth in enumerate(depths):
            if i > 0:
                parts.append(nn.Sequential(ChannelNorm(channels[i - 1], 1e-6),
                                           nn.Conv2d(channels[i - 1], channels[i], 2, 2)))
            parts.append(nn.Sequential(*(Block(channels[i]) for _ in range(depth))))
        self.features = nn.Sequential(*parts)
        self.classifier = nn.Sequential(ChannelNorm(channels[-1], 1e-6), nn.Flatten(1),
                                        nn.Linear(channels[-1], CLASSES))

    def forward(self, x):
        return self.classifier(self.features(x).mean((2, 3), keepdim=True))


write_reference(ConvNeXt([96, 192, 384, 768], [3, 3, 9, 3]))
