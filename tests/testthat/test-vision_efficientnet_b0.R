test_that("efficientnet_b0 has torchvision's names and shapes, and computes what PyTorch does", {
  expect_torchvision("efficientnet_b0")
})
