test_that("mobilenet_v2 has torchvision's names and shapes, and computes what PyTorch does", {
  expect_torchvision("mobilenet_v2")
})
