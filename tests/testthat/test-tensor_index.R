m = matrix(as.numeric(1:12), 3)
tensor = function() torch_tensor(m, dtype = "float64")

test_that("brackets take what R's take", {
  x = tensor()
  expect_identical(as_array(x[2, 3]), m[2, 3])
  expect_identical(x[2, 3]$shape, integer())
  expect_identical(as_array(x[1, ]), m[1, ])
  expect_identical(as_array(x[, 2:3]), m[, 2:3])
  expect_identical(as_array(x[c(3, 1), c(4, 2)]), m[c(3, 1), c(4, 2)])
  expect_identical(as_array(x[2, , drop = FALSE]), m[2, , drop = FALSE])
  expect_identical(as_array(x[c(TRUE, FALSE, TRUE), ]), m[c(1, 3), ])
  expect_identical(as_array(x[, ]), m)
  expect_identical(as_array(x[2]), m[2, ])
  expect_identical(as_array(x[[2]]), m[2, ])
  expect_identical(as_array(x[3:1, 1]), m[3:1, 1])
  expect_identical(x[integer(), ]$shape, c(0L, 4L))
})

test_that("negative positions count from the end", {
  x = tensor()
  expect_identical(as_array(x[-1, ]), m[3, ])
  expect_identical(as_array(x[, c(1, -1)]), m[, c(1, 4)])
})

test_that("tensors can be indexes", {
  x = tensor()
  expect_identical(as_array(x[torch_tensor(c(3L, 1L)), ]), m[c(3, 1), ])
  expect_setequal(as_array(x[x > 10]), c(11, 12))
  expect_identical(as_array(x[torch_tensor(c(TRUE, FALSE, FALSE)), ]), m[1, , drop = TRUE])
})

test_that("parts are views", {
  x = tensor()
  x[1, ]$zero_()
  expect_identical(as_array(x), rbind(0, m[-1, ]))
})

test_that("positions that there are not are refused", {
  x = tensor()
  expect_error(x[4, 1], "whole numbers from 1 to 3", class = "mlr3libtorch_error_argument")
  expect_error(x[0, 1], "whole numbers", class = "mlr3libtorch_error_argument")
  expect_error(x[1.5, 1], "whole numbers", class = "mlr3libtorch_error_argument")
  expect_error(x[NA_integer_, 1], "whole numbers", class = "mlr3libtorch_error_argument")
  expect_error(x["a"], "whole numbers", class = "mlr3libtorch_error_argument")
  expect_error(x[c(TRUE, FALSE), 1], "3 values", class = "mlr3libtorch_error_argument")
  expect_error(x[1, 1, 1], "2 dimensions", class = "mlr3libtorch_error_argument")
  expect_error(x$size(3), "'dim'", class = "mlr3libtorch_error_argument")
})

test_that("assignment changes the tensor as R changes a matrix", {
  cases = list(
    function(x) `[<-`(x, 2, 3, value = 100),
    function(x) `[<-`(x, 1, , value = c(9, 8, 7, 6)),
    function(x) `[<-`(x, , 2:3, value = 0),
    function(x) `[<-`(x, c(3, 1), c(4, 2), value = matrix(c(1.5, 2.5, 3.5, 4.5), 2)),
    function(x) `[<-`(x, 2, c(4, 1), value = c(-1, -2)),
    function(x) `[<-`(x, c(1, 3), 2, value = c(-1, -2)),
    function(x) `[<-`(x, c(TRUE, FALSE, TRUE), , value = -1)
  )
  for (case in cases) expect_identical(as_array(case(tensor())), case(m))
  x = tensor()
  alias = x
  x[x > 10] = 0
  expect_identical(as_array(x), ifelse(m > 10, 0, m))
  expect_identical(as_array(alias), as_array(x))
  x[1, ] = torch_ones(1, 4)
  expect_identical(as_array(x[1, ]), rep(1, 4))
  x[2, 3] = torch_tensor(-99)
  expect_identical(x[2, 3]$item(), -99)
  x[c(1, 3), ] = torch_zeros(1, 1, 4)
  expect_identical(as_array(x[c(1, 3), ]), matrix(0, 2, 4))
  x[x == 0] = torch_full(c(1, 1), 2)
  expect_identical(as_array(x[1, ]), rep(2, 4))
  x[, 1] = matrix(c(7, 8, 9), 1)
  expect_identical(as_array(x[, 1]), c(7, 8, 9))
  y = torch_tensor(c(1, 2, 3))
  y[1] = torch_tensor(-99)
  expect_identical(as_array(y), c(-99, 2, 3))
  expect_error(y[1] <- torch_ones(2), class = "mlr3libtorch_error_tensor")
  expect_error(x[1, ] <- torch_ones(2, 4), class = "mlr3libtorch_error_tensor")
  x[1, ] = torch_ones(4)
  expect_identical(as_array(x[1, ]), rep(1, 4))
  expect_error(x[1, ] <- c(1, 2, 3), class = "mlr3libtorch_error_tensor")
})

# One random index for a dimension of `size`: as brackets of tensors take it, and as R's take it.
random_index = function(size) {
  positions = sample(size, sample(0:(size + 1L), 1L), replace = TRUE)
  single = sample(size, 1L)
  chosen = sample(c(TRUE, FALSE), size, replace = TRUE)
  from_end = sample(c(TRUE, FALSE), length(positions), replace = TRUE)
  range = seq(single, size)
  switch(sample(8L, 1L),
    list(substitute(), substitute()),
    list(single, single),
    list(single - size - 1, single),
    list(positions, positions),
    list(positions - from_end * (size + 1), positions),
    list(range, range),
    list(chosen, which(chosen)),
    if (length(positions)) list(torch_tensor(positions), positions) else list(torch_tensor(chosen), which(chosen))
  )
}

random_array = function() {
  shape = sample(2:5, sample(2:4, 1L), replace = TRUE)
  array(as.numeric(seq_len(prod(shape))), shape)
}

test_that("random parts are those of R's arrays", {
  set.seed(1)
  for (i in 1:400) {
    a = random_array()
    x = torch_tensor(a, dtype = "float64")
    indexes = lapply(dim(a), random_index)
    given = lapply(indexes, `[[`, 1L)
    drop = sample(c(TRUE, FALSE), 1L)
    block = do.call(`[`, c(list(a), lapply(indexes, `[[`, 2L), drop = FALSE))
    part = do.call(`[`, c(list(x), given, drop = drop))
    single = map_lgl(indexes, function(index) !identical(index[[2L]], substitute()) && length(index[[2L]]) == 1L)
    expect_identical(part$shape, dim(block)[!(drop & single)])
    expect_identical(as.vector(as_array(part)), as.vector(block))
  }
})

test_that("random assignments change what R's change", {
  set.seed(2)
  for (i in 1:400) {
    a = random_array()
    x = torch_tensor(a, dtype = "float64")
    indexes = lapply(dim(a), random_index)
    given = lapply(indexes, `[[`, 1L)
    expected = lapply(indexes, `[[`, 2L)
    block = do.call(`[`, c(list(a), expected, drop = FALSE))
    # Where a position is written twice, which value stays is not said.
    value = if (anyDuplicated(as.vector(block)) || i %% 2L) -1 else -block
    shape = do.call(`[`, c(list(x), given))$shape
    written = if (length(value) == 1L) value else torch_tensor(value, dtype = "float64")$reshape(shape)
    changed = do.call(`[<-`, c(list(x), given, list(value = written)))
    expect_identical(as_array(changed), as_array(torch_tensor(do.call(`[<-`, c(list(a), expected, list(value = value))),
      dtype = "float64")))
    expect_identical(as_array(x), as_array(changed))
  }
})

test_that("'..' stands for the dimensions that the others leave", {
  a = array(as.numeric(1:24), 2:4)
  x = torch_tensor(a, dtype = "float64")
  expect_identical(as_array(x[.., 2]), a[, , 2])
  expect_identical(as_array(x[2, ..]), a[2, , ])
  expect_identical(as_array(x[2, .., c(4, 1)]), a[2, , c(4, 1)])
  expect_identical(as_array(x[..]), a)
  expect_identical(as_array(x[1, .., 2, 3]), a[1, 2, 3])
  x[.., -1] = 0
  a[, , 4] = 0
  expect_identical(as_array(x), a)
  expect_error(x[.., 1, ..], "once", class = "mlr3libtorch_error_argument")
  expect_error(x[.., 5], "'index 3' must hold whole numbers from 1 to 4", class = "mlr3libtorch_error_argument")
})

test_that("NULL and newaxis make a dimension", {
  x = tensor()
  expect_identical(x[NULL, 1, ]$shape, c(1L, 4L))
  expect_identical(x[, newaxis]$shape, c(3L, 1L, 4L))
  expect_identical(x[.., newaxis]$shape, c(3L, 4L, 1L))
  expect_identical(x[NULL]$shape, c(1L, 3L, 4L))
  none = NULL
  expect_identical(as_array(x[2:1, none, c(1, 4)]), array(m[2:1, c(1, 4)], c(2, 1, 2)))
  x[newaxis, c(1, 3), 2] = c(-1, -2)
  expect_identical(as_array(x[, 2]), c(-1, 5, -2))
})

test_that("what is written between the brackets is evaluated once, where it was written", {
  x = tensor()
  count = 0
  next_row = function() {
    count <<- count + 1
    count
  }
  row_of = function(x, i, ...) x[i, ...]
  expect_identical(as_array(row_of(x, next_row(), 2:3)), m[1, 2:3])
  expect_identical(count, 1)
  expect_error(x[stop("here"), 1], "here")
})

test_that("parts keep the history of gradients", {
  x = torch_tensor(m, dtype = "float64", requires_grad = TRUE)
  x[c(3, 1), -1]$sum()$backward()
  expected = m * 0
  expected[c(3, 1), 4] = 1
  expect_identical(as_array(x$grad), expected)
})

test_that("values that do not fit are refused with both shapes", {
  x = tensor()
  expect_error(x[c(1, 3), ] <- torch_ones(3, 4), "shape \\[3, 4\\] does not fit a part of shape \\[2, 4\\]",
    class = "mlr3libtorch_error_tensor")
  expect_error(x[torch_tensor(matrix(TRUE, 2, 2))], class = "mlr3libtorch_error_tensor")
})

test_that("a part that is written from an overlapping one gets its values from before", {
  values = matrix(as.numeric(1:6), 2)
  x = torch_tensor(values)
  x[, 2:3] = x[, 1:2]
  expect_identical(as.array(x), values[, c(1, 1, 2)])
  x = torch_tensor(t(values))
  x[2:3, ] = x[1:2, ]
  expect_identical(as.array(x), t(values)[c(1, 1, 2), ])
})

test_that("an index that is a tensor of two dimensions is refused", {
  expect_error(torch_ones(3, 2)[torch_tensor(matrix(1:2, 1))], "must have one dimension",
    class = "mlr3libtorch_error_tensor")
})

test_that("what a tensor's type cannot hold is not written into it", {
  write = function(value, dtype) {
    x = torch_zeros(2, dtype = dtype)
    x[1] = value
    as_array(x)
  }
  expect_error(write(3e9, "int32"), "'int32' cannot hold", class = "mlr3libtorch_error_argument")
  expect_error(write(NaN, "int64"), "'int64' cannot hold", class = "mlr3libtorch_error_argument")
  expect_error(write(300, "uint8"), "'uint8' cannot hold", class = "mlr3libtorch_error_argument")
  # a float32 would round it
  expect_identical(write(16777217, "int64"), c(16777217L, 0L))
  expect_identical(write(NaN, "float32"), c(NaN, 0))
  expect_identical(write(TRUE, "float32"), c(1, 0))
})

test_that("messages count places as R does", {
  x = torch_randn(3, 4)
  expect_error(x$gather(2, torch_tensor(matrix(5L, 3, 1))), "index 5 is out of bounds for dimension 2 with size 4")
  expect_error(nnf_cross_entropy(x, torch_tensor(c(1L, 2L, 5L))), "Target 5 is out of bounds")
  expect_error(x$select(1, 9), "select\\(\\): index 9 out of range for tensor of size \\[3, 4\\] at dimension 1")
  expect_error(torch_cat(list(x, torch_ones(2, 2)), 1), "except in dimension 1.*tensor number 2")
})

test_that("slices take steps, end at N or count from the end", {
  v = as.numeric(1:10)
  x = torch_tensor(v, dtype = "float64")
  two = 2
  expect_identical(as_array(x[2:N]), v[2:10])
  expect_identical(as_array(x[1:(N - 1)]), v[1:9])
  expect_identical(as_array(x[(N %/% 2):N]), v[5:10])
  expect_identical(as_array(x[1:N:two]), v[c(1, 3, 5, 7, 9)])
  expect_identical(as_array(x[two:9:3]), v[c(2, 5, 8)])
  expect_identical(as_array(x[3:-2]), v[3:9])
  expect_identical(as_array(x[3:(-two)]), v[3:9])
  expect_identical(as_array(x[-3:N]), v[8:10])
  expect_identical(as_array(x[-4:-1:2]), v[c(7, 9)])
  expect_identical(as_array(x[N]), 10)
  expect_identical(as_array(x[slc(2, Inf, 4)]), v[c(2, 6, 10)])
  expect_identical(x[1][newaxis][2:N]$shape, 0L)
  expect_identical(x[10:N]$shape, 1L)
  m = matrix(as.numeric(1:12), 3)
  y = torch_tensor(m, dtype = "float64")
  expect_identical(as_array(y[2:N, 1:N:2]), m[2:3, c(1, 3)])
  expect_identical(as_array(y[c(3, 1), 2:N]), m[c(3, 1), 2:4])
  expect_identical(as_array(y[.., 1:N:3]), m[, c(1, 4)])
  expect_identical(y[newaxis, 2:N, N]$shape, c(1L, 2L))
})

test_that("slices are views and can be written", {
  x = torch_zeros(6)
  x[1:N:2]$fill_(1)
  x[2:N:2] = c(7, 8, 9)
  expect_identical(as_array(x), c(1, 7, 1, 8, 1, 9))
})

test_that("a variable N with a number keeps its meaning", {
  x = torch_tensor(1:10)
  N = 4
  expect_identical(as_array(x[2:N]), 2:4)
  expect_identical(as_array(x[1:N:2]), c(1L, 3L))
  expect_identical(as_array(x[N]), 4L)
  last = (function() x[3:N])()
  expect_identical(as_array(last), 3:4)
})

test_that("slices that leave the tensor or go backwards are refused by name", {
  x = torch_tensor(1:10)
  expect_error(x[2:12:2], "'index 1' must go upwards within 1 and 10", class = "mlr3libtorch_error_argument")
  expect_error(x[N:1], "upwards", class = "mlr3libtorch_error_argument")
  expect_error(x[0:N], "upwards", class = "mlr3libtorch_error_argument")
  expect_error(x[1:N:0], "upwards", class = "mlr3libtorch_error_argument")
  expect_error(x[1:-12], "upwards", class = "mlr3libtorch_error_argument")
  expect_error(x[1:(N / 4)], "end of index 1", class = "mlr3libtorch_error_argument")
  expect_error(x["a":N], "start of index 1", class = "mlr3libtorch_error_argument")
  expect_error(x[mean], "index 1", class = "mlr3libtorch_error_argument")
  expect_error(slc(1, 2, 0), "step")
  expect_error(x[1:undefined:2], "undefined")
})

test_that("in a trace, an end that was written as N or from the end stays the end", {
  traced = jit_trace(function(x) x[, 2:N] - x[, 1:-2], torch_randn(1, 4))
  x = torch_tensor(matrix(c(1, 4, 9, 16, 25, 36), 1))
  expect_equal(as_array(traced(x)), matrix(c(3, 5, 7, 9, 11), 1))
})
