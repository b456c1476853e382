"""Writes what a network of inverted residuals computes, with torchvision's names, from the definitions of Sandler et
al. (2018), Howard et al. (2019), Tan and Le (2019).

usage: python3 mobilenet.py mobilenet_v2 > mobilenet_v2.json
"""
import sys

from torch import nn

from fill import CLASSES, write_reference


def conv_norm(inputs, outputs, kernel=1, stride=1, groups=1, act=None, **norm):
    layers = [nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, groups=groups, bias=False),
              nn.BatchNorm2d(outputs, **norm)]
    return nn.Sequential(*layers, *([act()] if act else []))


class Squeeze(nn.Module):
    def __init__(self, channels, squeezed, act, gate):
        super().__init__()
        self.fc1 = nn.Conv2d(channels, squeezed, 1)
        self.fc2 = nn.Conv2d(squeezed, channels, 1)
        self.act, self.gate = act(), gate()

    def forward(self, x):
        return x * self.gate(self.fc2(self.act(self.fc1(x.mean((2, 3), keepdim=True)))))


class Inverted(nn.Module):
    def __init__(self, name, layers, adds):
        super().__init__()
        setattr(self, name, nn.Sequential(*layers))
        self.name, self.adds = name, adds

    def forward(self, x):
        y = getattr(self, self.name)(x)
        return x + y if self.adds else y


def v2_block(inputs, outputs, factor, stride):
    wide = inputs * factor
    layers = [conv_norm(inputs, wide, act=nn.ReLU6)] if factor != 1 else []
    layers += [conv_norm(wide, wide, 3, stride, wide, nn.ReLU6), nn.Conv2d(wide, outputs, 1, bias=False),
               nn.BatchNorm2d(outputs)]
    return Inverted("conv", layers, stride == 1 and inputs == outputs)


def v3_block(inputs, kernel, wide, outputs, squeezes, act, stride):
    norm = {"eps": 0.001, "momentum": 0.01}
    layers = [conv_norm(inputs, wide, act=act, **norm)] if wide != inputs else []
    layers.append(conv_norm(wide, wide, kernel, stride, wide, act, **norm))
    if squeezes:
        squeezed = max(8, int(wide / 4 + 4) // 8 * 8)
        squeezed += 8 if squeezed < 0.9 * wide / 4 else 0
        layers.append(Squeeze(wide, squeezed, nn.ReLU, nn.Hardsigmoid))
    layers.append(conv_norm(wide, outputs, **norm))
    return Inverted("block", layers, stride == 1 and inputs == outputs)


def efficient_block(inputs, outputs, factor, kernel, stride):
    wide = inputs * factor
    layers = [conv_norm(inputs, wide, act=nn.SiLU)] if factor != 1 else []
    layers += [conv_norm(wide, wide, kernel, stride, wide, nn.SiLU),
               Squeeze(wide, max(1, inputs // 4), nn.SiLU, nn.Sigmoid), conv_norm(wide, outputs)]
    return Inverted("block", layers, stride == 1 and inputs == outputs)


class Network(nn.Module):
    def __init__(self, features, classifier):
        super().__init__()
        self.features = nn.Sequential(*features)
        self.classifier = nn.Sequential(*classifier)

    def forward(self, x):
        return self.classifier(self.features(x).mean((2, 3)))


def mobilenet_v2():
    features, inputs = [conv_norm(3, 32, 3, 2, act=nn.ReLU6)], 32
    for factor, outputs, depth, stride in [(1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2), (6, 96, 3, 1),
                                           (6, 160, 3, 2), (6, 320, 1, 1)]:
        for i in range(depth):
            features.append(v2_block(inputs, outputs, factor, stride if i == 0 else 1))
            inputs = outputs
    features.append(conv_norm(inputs, 1280, act=nn.ReLU6))
    return Network(features, [nn.Dropout(0.2), nn.Linear(1280, CLASSES)])


def mobilenet_v3(blocks, hidden):
    norm = {"eps": 0.001, "momentum": 0.01}
    features, inputs = [conv_norm(3, 16, 3, 2, act=nn.Hardswish, **norm)], 16
    for kernel, wide, outputs, squeezes, act, stride in blocks:
        features.append(v3_block(inputs, kernel, wide, outputs, squeezes, act, stride))
        inputs = outputs
    features.append(conv_norm(inputs, 6 * inputs, act=nn.Hardswish, **norm))
    return Network(features, [nn.Linear(6 * inputs, hidden), nn.Hardswish(), nn.Dropout(0.2),
                              nn.Linear(hidden, CLASSES)])


def mobilenet_v3_large():
    relu, swish = nn.ReLU, nn.Hardswish
    return mobilenet_v3([
        (3, 16, 16, False, relu, 1), (3, 64, 24, False, relu, 2), (3, 72, 24, False, relu, 1),
        (5, 72, 40, True, relu, 2), (5, 120, 40, True, relu, 1), (5, 120, 40, True, relu, 1),
        (3, 240, 80, False, swish, 2), (3, 200, 80, False, swish, 1), (3, 184, 80, False, swish, 1),
        (3, 184, 80, False, swish, 1), (3, 480, 112, True, swish, 1), (3, 672, 112, True, swish, 1),
        (5, 672, 160, True, swish, 2), (5, 960, 160, True, swish, 1), (5, 960, 160, True, swish, 1)], 1280)


def mobilenet_v3_small():
    relu, swish = nn.ReLU, nn.Hardswish
    return mobilenet_v3([
        (3, 16, 16, True, relu, 2), (3, 72, 24, False, relu, 2), (3, 88, 24, False, relu, 1),
        (5, 96, 40, True, swish, 2), (5, 240, 40, True, swish, 1), (5, 240, 40, True, swish, 1),
        (5, 120, 48, True, swish, 1), (5, 144, 48, True, swish, 1), (5, 288, 96, True, swish, 2),
        (5, 576, 96, True, swish, 1), (5, 576, 96, True, swish, 1)], 1024)


def efficientnet_b0():
    features = [conv_norm(3, 32, 3, 2, act=nn.SiLU)]
    for factor, kernel, stride, inputs, outputs, depth in [
            (1, 3, 1, 32, 16, 1), (6, 3, 2, 16, 24, 2), (6, 5, 2, 24, 40, 2), (6, 3, 2, 40, 80, 3),
            (6, 5, 1, 80, 112, 3), (6, 5, 2, 112, 192, 4), (6, 3, 1, 192, 320, 1)]:
        features.append(nn.Sequential(*[
            efficient_block(inputs if i == 0 else outputs, outputs, factor, kernel, stride if i == 0 else 1)
            for i in range(depth)]))
    features.append(conv_norm(320, 1280, act=nn.SiLU))
    return Network(features, [nn.Dropout(0.2), nn.Linear(1280, CLASSES)])


write_reference(globals()[sys.argv[1]]())
