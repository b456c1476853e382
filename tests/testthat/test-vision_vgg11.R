# The hidden layers of the classifier would fill 400 MB.
narrowed = function(spec) {
  spec$nodes = map(spec$nodes, function(node) {
    if (identical(node$parameters$out_features, 4096)) node$parameters$out_features = 16
    node
  })
  spec
}

test_that("vgg11 and vgg11_bn have torchvision's names and shapes, and compute what PyTorch does", {
  expect_torchvision("vgg11", narrowed)
  expect_torchvision("vgg11_bn", narrowed)
})

test_that("the hidden layers of the classifier have 4096 features", {
  widths = map(vision_spec("vgg11")$nodes, function(node) node$parameters$out_features)
  expect_equal(unlist(widths), c(4096, 4096))
})
