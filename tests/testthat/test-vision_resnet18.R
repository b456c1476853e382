test_that("resnet18 has torchvision's names and shapes, and computes what PyTorch does", {
  expect_torchvision("resnet18")
})
