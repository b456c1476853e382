resident_mb = function() {
  status = readLines("/proc/self/status")
  as.numeric(gsub("[^0-9]", "", grep("^VmRSS", status, value = TRUE))) / 1024
}

test_that("temporaries in a loop do not let the process grow", {
  x = torch_zeros(100, 100)
  for (i in 1:100) x + 1
  before = resident_mb()
  peak = before
  for (i in seq_len(1e5)) {
    x + 1
    if (i %% 5000L == 0L) peak = max(peak, resident_mb())
  }
  expect_lt(peak - before, 200)
})

test_that("views of one storage count once", {
  x = torch_zeros(1024, 1024)
  invisible(gc())
  before = core_held_bytes()
  views = lapply(1:10, function(i) x[i, ])
  expect_lt(core_held_bytes() - before, 2^20)
  y = x + 1
  expect_gte(core_held_bytes() - before, 4 * 2^20)
  rm(y, views)
  invisible(gc())
  expect_lte(core_held_bytes(), before)
})
