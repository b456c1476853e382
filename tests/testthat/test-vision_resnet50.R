test_that("resnet50 has torchvision's names and shapes, and computes what PyTorch does", {
  expect_torchvision("resnet50")
})
