test_that("convnext_tiny has torchvision's names and shapes, and computes what PyTorch does", {
  expect_torchvision("convnext_tiny")
})
