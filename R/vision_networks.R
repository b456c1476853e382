# The networks for pictures, by key: a `label`, a function that makes their spec, and `weight_names` if names of
# torchvision's weights change. Pictures' sizes must be multiples of `patch`.
vision_networks = list(
  resnet18 = list(label = "ResNet-18", make = function() resnet_spec(c(2, 2, 2, 2), basic_block, 1)),
  resnet34 = list(label = "ResNet-34", make = function() resnet_spec(c(3, 4, 6, 3), basic_block, 1)),
  resnet50 = list(label = "ResNet-50", make = function() resnet_spec(c(3, 4, 6, 3), bottleneck_block, 4)),
  vgg11 = list(label = "VGG-11", make = function() vgg11_spec(normalises = FALSE)),
  vgg11_bn = list(label = "VGG-11 with Batch Normalisation", make = function() vgg11_spec(normalises = TRUE)),
  mobilenet_v2 = list(label = "MobileNet V2", make = function() mobilenet_v2_spec()),
  mobilenet_v3_small = list(label = "MobileNet V3 Small", make = function() mobilenet_v3_small_spec()),
  mobilenet_v3_large = list(label = "MobileNet V3 Large", make = function() mobilenet_v3_large_spec()),
  efficientnet_b0 = list(label = "EfficientNet B0", make = function() efficientnet_b0_spec()),
  convnext_tiny = list(label = "ConvNeXt Tiny", make = function() convnext_tiny_spec()),
  vit_b_16 = list(label = "Vision Transformer B/16", make = function() vit_b_16_spec(),
    weight_names = function(names) vit_weight_names(names), patch = 16)
)

vision_spec = function(key) vision_networks[[key]]$make()

vision_weight_names = function(key, names) (vision_networks[[key]]$weight_names %??% identity)(names)
