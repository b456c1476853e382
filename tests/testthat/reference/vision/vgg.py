"""Writes what VGG-11 computes, from the definition of Simonyan and Zisserman (2015), with torchvision's names.

usage: python3 vgg.py vgg11 > vgg11.json
The hidden layers of the classifier have 16 features in place of 4096, which would fill 400 MB.
"""
import sys

from torch import nn

from fill import CLASSES, write_reference

HIDDEN = 16


class VGG(nn.Module):
    def __init__(self, normalises):
        super().__init__()
        layers, inputs = [], 3
        for channels in [64, "M", 128, "M", 256, 256, "M", 512, 512, "M", 512, 512, "M"]:
            if channels == "M":
                layers.append(nn.MaxPool2d(2, 2))
                continue
            layers.append(nn.Conv2d(inputs, channels, 3, padding=1))
            if normalises:
                layers.append(nn.BatchNorm2d(channels))
            layers.append(nn.ReLU())
            inputs = channels
        self.features = nn.Sequential(*layers)
        self.avgpool = nn.AdaptiveAvgPool2d(7)
        self.classifier = nn.Sequential(
            nn.Linear(512 * 7 * 7, HIDDEN), nn.ReLU(), nn.Dropout(),
            nn.Linear(HIDDEN, HIDDEN), nn.ReLU(), nn.Dropout(), nn.Linear(HIDDEN, CLASSES))

    def forward(self, x):
        return self.classifier(self.avgpool(self.features(x)).flatten(1))


write_reference(VGG(sys.argv[1] == "vgg11_bn"))
