"""Writes what a residual network computes, from the definition of He et al. (2016), with torchvision's names.

usage: python3 resnet.py resnet18 > resnet18.json
"""
import sys

from torch import nn

from fill import CLASSES, write_reference


def conv(inputs, outputs, kernel, stride=1):
    return nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, bias=False)


class Basic(nn.Module):
    expansion = 1

    def __init__(self, inputs, planes, stride, downsample):
        super().__init__()
        self.conv1 = conv(inputs, planes, 3, stride)
        self.bn1 = nn.BatchNorm2d(planes)
        self.conv2 = conv(planes, planes, 3)
        self.bn2 = nn.BatchNorm2d(planes)
        self.downsample = downsample

    def forward(self, x):
        y = self.bn1(self.conv1(x)).relu()
        y = self.bn2(self.conv2(y))
        return (y + (x if self.downsample is None else self.downsample(x))).relu()


class Bottleneck(nn.Module):
    expansion = 4

    def __init__(self, inputs, planes, stride, downsample):
        super().__init__()
        self.conv1 = conv(inputs, planes, 1)
        self.bn1 = nn.BatchNorm2d(planes)
        self.conv2 = conv(planes, planes, 3, stride)
        self.bn2 = nn.BatchNorm2d(planes)
        self.conv3 = conv(planes, planes * 4, 1)
        self.bn3 = nn.BatchNorm2d(planes * 4)
        self.downsample = downsample

    def forward(self, x):
        y = self.bn1(self.conv1(x)).relu()
        y = self.bn2(self.conv2(y)).relu()
        y = self.bn3(self.conv3(y))
        return (y + (x if self.downsample is None else self.downsample(x))).relu()


class ResNet(nn.Module):
    def __init__(self, block, depths):
        super().__init__()
        self.conv1 = conv(3, 64, 7, 2)
        self.bn1 = nn.BatchNorm2d(64)
        self.maxpool = nn.MaxPool2d(3, 2, 1)
        self.inputs = 64
        for i, depth in enumerate(depths):
            setattr(self, f"layer{i + 1}", self.stage(block, 64 * 2**i, depth, 1 if i == 0 else 2))
        self.fc = nn.Linear(self.inputs, CLASSES)

    def stage(self, block, planes, depth, stride):
        blocks = []
        for i in range(depth):
            step = stride if i == 0 else 1
            downsample = None
            if step != 1 or self.inputs != planes * block.expansion:
                downsample = nn.Sequential(conv(self.inputs, planes * block.expansion, 1, step),
                                           nn.BatchNorm2d(planes * block.expansion))
            blocks.append(block(self.inputs, planes, step, downsample))
            self.inputs = planes * block.expansion
        return nn.Sequential(*blocks)

    def forward(self, x):
        x = self.maxpool(self.bn1(self.conv1(x)).relu())
        x = self.layer4(self.layer3(self.layer2(self.layer1(x))))
        return self.fc(x.mean((2, 3)))


NETWORKS = {
    "resnet18": (Basic, [2, 2, 2, 2]),
    "resnet34": (Basic, [3, 4, 6, 3]),
    "resnet50": (Bottleneck, [3, 4, 6, 3]),
}

write_reference(ResNet(*NETWORKS[sys.argv[1]]))
