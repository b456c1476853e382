# Whatever is an index counts from 1 in R. The border's one table (src/glue/index_base.cpp) says what is; here is the
# value of each place from base R, and what is none although its name sounds like one.

m = matrix(c(3, 1, 2, 9, 7, 8), nrow = 2, byrow = TRUE)
v = c(3, 1, 1, 2, 2, 2)
double_tensor = function(x) torch_tensor(x, dtype = "float64")
whole = function(...) torch_tensor(as.integer(c(...)))
x = double_tensor(m)
values_of = function(tensors) lapply(tensors, as_array)

# operation.argument, or operation.result; each is TRUE if the value is base R's
arguments = list(
  narrow.start = function() identical(as_array(torch_narrow(x, 2, 2, 2)), m[, 2:3]),
  slice.start = function() identical(as_array(torch_slice(x, 2, 2, 3)), m[, 2:3]),
  slice.end = function() {
    all(map_lgl(c(-1, -2), function(end) identical(as_array(torch_slice(x, 2, 1, end)), m[, seq_len(4 + end)])))
  },
  slice_scatter.start = function() {
    identical(as_array(torch_slice_scatter(x, torch_zeros(2, 2, dtype = "float64"), 2, 2, 3)), cbind(m[, 1], 0, 0))
  },
  slice_scatter.end = function() {
    identical(as_array(torch_slice_scatter(x, torch_zeros(2, 2, dtype = "float64"), 2, 2, -1)), cbind(m[, 1], 0, 0))
  },
  movedim.source = function() identical(dim(torch_movedim(torch_zeros(2, 3, 4), 1, 3)), c(3L, 4L, 2L)),
  moveaxis.source = function() identical(dim(torch_moveaxis(torch_zeros(2, 3, 4), c(1, 2), c(2, 3))), c(4L, 2L, 3L)),
  nll_loss.target = function() equal(torch_nll_loss(x, whole(1, 3))$item(), -mean(c(m[1, 1], m[2, 3]))),
  nll_loss2d.target = function() {
    equal(torch_nll_loss2d(x$reshape(c(1, 2, 1, 3)), whole(2, 1, 2)$reshape(c(1, 1, 3)))$item(),
      -mean(m[cbind(c(2, 1, 2), 1:3)]))
  },
  nll_loss_nd.target = function() equal(torch_nll_loss_nd(x, whole(3, 1))$item(), -mean(c(m[1, 3], m[2, 1]))),
  cross_entropy_loss.target = function() {
    equal(torch_cross_entropy_loss(x, whole(1, 3))$item(), -mean(log(prop.table(exp(m), 1)[cbind(1:2, c(1, 3))])))
  },
  multi_margin_loss.target = function() {
    equal(torch_multi_margin_loss(x[1, ], whole(1)$reshape(integer()))$item(), sum(pmax(0, 1 - 3 + c(1, 2))) / 3)
  },
  multilabel_margin_loss.target = function() {
    equal(torch_multilabel_margin_loss(x[1, ], whole(3, -1, -1))$item(), sum(pmax(0, 1 - 2 + c(3, 1))) / 3)
  },
  # one step and one label: the probability of that label alone
  ctc_loss.targets = function() {
    p = log(c(0.2, 0.3, 0.5))
    loss = torch_ctc_loss(double_tensor(array(p, c(1, 1, 3))), whole(3)$reshape(c(1, 1)), c(1L), c(1L), blank = 1)
    equal(loss$item(), -p[3])
  },
  ctc_loss.blank = function() {
    p = log(c(0.2, 0.3, 0.5))
    loss = torch_ctc_loss(double_tensor(array(p, c(1, 1, 3))), whole(1)$reshape(c(1, 1)), c(1L), c(1L), blank = 3)
    equal(loss$item(), -p[1])
  },
  one_hot.self = function() identical(as_array(torch_one_hot(whole(2, 3, 1), 3)), (diag(3L) == 1L)[c(2, 3, 1), ] + 0L),
  bincount.self = function() identical(as_array(torch_bincount(whole(2, 3, 3, 5))), tabulate(c(2, 3, 3, 5))),
  sum.dim = function() equal(as_array(torch_sum(x, dim = 1)), colSums(m)),
  permute.dims = function() identical(dim(torch_zeros(2, 3, 4)$permute(c(3, 1, 2))), c(4L, 2L, 3L)),
  transpose.dim0 = function() identical(as_array(torch_transpose(x, 1, 2)), t(m)),
  transpose.dim1 = function() identical(dim(torch_transpose(torch_zeros(2, 3, 4), 1, 3)), c(4L, 3L, 2L)),
  diagonal.dim1 = function() identical(as_array(torch_diagonal(x, dim1 = 1, dim2 = 2)), diag(m)),
  diagonal.dim2 = function() identical(dim(torch_diagonal(torch_zeros(2, 3, 4), dim1 = 2, dim2 = 3)), c(2L, 3L)),
  segment_reduce.axis = function() {
    equal(as_array(torch_segment_reduce(double_tensor(1:4), "sum", lengths = whole(1, 3), axis = 1)), c(1, 9))
  },
  swapaxes.axis0 = function() identical(as_array(torch_swapaxes(x, 1, 2)), t(m)),
  swapaxes.axis1 = function() identical(dim(torch_swapaxes(torch_zeros(2, 3, 4), 1, 3)), c(4L, 3L, 2L)),
  unfold.dimension = function() identical(as_array(x$unfold(2, 2, 1))[, , 1], m[, 1:2]),
  flatten.start_dim = function() identical(dim(torch_flatten(torch_zeros(2, 3, 4), 2)), c(2L, 12L)),
  flatten.end_dim = function() identical(dim(torch_flatten(torch_zeros(2, 3, 4), 1, 2)), c(6L, 4L)),
  tensordot.dims_self = function() equal(as_array(torch_call("tensordot", x, x, 1, 1)), crossprod(m)),
  tensordot.dims_other = function() equal(as_array(torch_call("tensordot", x, x, 2, 2)), tcrossprod(m)),
  movedim.destination = function() identical(dim(torch_movedim(torch_zeros(2, 3, 4), 3, 1)), c(4L, 2L, 3L)),
  nll_loss.ignore_index = function() equal(torch_nll_loss(x, whole(1, 3), ignore_index = 1)$item(), -m[2, 3]),
  embedding.padding_idx = function() {
    weight = double_tensor(diag(3))$requires_grad_()
    torch_embedding(weight, whole(1, 2), padding_idx = 2)$sum()$backward()
    identical(as_array(weight$grad), rbind(1, 0, 0)[, c(1, 1, 1)])
  },
  select.index = function() identical(as_array(torch_select(x, 1, 2)), m[2, ]),
  index_select.index = function() identical(as_array(torch_index_select(x, 2, whole(3, 1))), m[, c(3, 1)]),
  embedding.indices = function() identical(as_array(torch_embedding(x, whole(2, 1))), m[c(2, 1), ]),
  tensor_split.indices = function() {
    identical(values_of(torch_tensor_split(double_tensor(v), indices = c(2, 5))), list(v[1], v[2:4], v[5:6]))
  },
  tensor_split.tensor_indices_or_sections = function() {
    parts = function(by) values_of(torch_tensor_split(double_tensor(v), tensor_indices_or_sections = by))
    identical(parts(whole(2, 5)), list(v[1], v[2:4], v[5:6])) &&
      identical(parts(torch_scalar_tensor(3L)), list(v[1:2], v[3:4], v[5:6]))
  },
  searchsorted.sorter = function() {
    unsorted = c(5, 1, 3)
    found = torch_searchsorted(double_tensor(unsorted), double_tensor(4), sorter = torch_tensor(order(unsorted)))
    identical(as_array(found), findInterval(4, sort(unsorted)) + 1L)
  },
  embedding_bag.offsets = function() {
    equal(as_array(torch_embedding_bag(x, whole(1, 2, 2), whole(1, 3))[[1]]), rbind(m[1, ] + m[2, ], m[2, ]))
  },
  sparse_coo_tensor.indices = function() {
    sparse = torch_sparse_coo_tensor(torch_tensor(rbind(c(1L, 2L), c(3L, 1L))), double_tensor(c(5, 6)), size = c(2, 3))
    identical(as_array(sparse$to_dense()), rbind(c(0, 0, 5), c(6, 0, 0)))
  },
  sparse_csr_tensor.crow_indices = function() identical(as_array(csr()$to_dense()), rbind(c(0, 0, 5), c(6, 0, 0))),
  sparse_csr_tensor.col_indices = function() identical(as_array(csr()$to_dense()), rbind(c(0, 0, 5), c(6, 0, 0))),
  sparse_csc_tensor.ccol_indices = function() identical(as_array(csc()$to_dense()), rbind(c(0, 0, 5), c(6, 0, 0))),
  sparse_csc_tensor.row_indices = function() identical(as_array(csc()$to_dense()), rbind(c(0, 0, 5), c(6, 0, 0)))
)

equal = function(x, y) isTRUE(all.equal(x, y))

csr = function() {
  torch_sparse_csr_tensor(whole(1, 2, 3), whole(3, 1), double_tensor(c(5, 6)), size = c(2, 3), dtype = "float64")
}
csc = function() {
  torch_sparse_csc_tensor(whole(1, 2, 2, 3), whole(2, 1), double_tensor(c(6, 5)), size = c(2, 3), dtype = "float64")
}

# of one picture with one channel: the greatest of each half of its last row
pools = function(name, dims) {
  # the last one takes only what is larger than what it gives
  rows = if (name == "fractional_max_pool3d") c(2, 2) else rep(1, dims - 1)
  picture = torch_zeros(1, 1, rows, 4, dtype = "float64")
  picture$view(c(-1, 4))$select(1, -1)$copy_(double_tensor(c(1, 4, 3, 2)))
  halves = c(rep(1L, dims - 1L), 2L)
  result = switch(sub("[123]d.*$", "", name),
    max_pool = torch_call(name, picture, halves),
    adaptive_max_pool = torch_call(name, picture, halves),
    fractional_max_pool = torch_call(name, picture, halves, halves, torch_zeros(1, 1, dims, dtype = "float64"))
  )
  identical(as.integer(as_array(result[[2]])), as.integer(4 * (prod(rows) - 1) + c(2, 3)))
}

results = list(
  max.indices = function() identical(as_array(torch_max(x, dim = 1)$indices), apply(m, 2, which.max)),
  argmax.1 = function() identical(torch_argmax(x)$item(), which.max(t(m))),
  argmin.1 = function() identical(torch_argmin(x)$item(), which.min(t(m))),
  argsort.1 = function() identical(as_array(torch_argsort(x, dim = 2)), t(apply(m, 1, order))),
  argwhere.1 = function() identical(as_array(torch_argwhere(double_tensor(v)$gt(1))), as.matrix(which(v > 1))),
  nonzero.1 = function() identical(as_array(torch_nonzero(double_tensor(v)$gt(1))), as.matrix(which(v > 1))),
  nonzero_numpy.1 = function() {
    identical(values_of(torch_nonzero_numpy(x$gt(2))), by_rows(which(m > 2, arr.ind = TRUE)))
  },
  where.1 = function() identical(values_of(torch_where(x$gt(2))), by_rows(which(m > 2, arr.ind = TRUE))),
  multinomial.1 = function() identical(as_array(torch_multinomial(double_tensor(c(0, 0, 1)), 1)), 3L),
  repeat_interleave.1 = function() identical(as_array(torch_repeat_interleave(whole(2, 0, 1))), rep(1:3, c(2, 0, 1))),
  tril_indices.1 = function() {
    found = values_of(torch_unbind(torch_tril_indices(3, 3)))
    identical(found, by_rows(which(lower.tri(diag(3), TRUE), arr.ind = TRUE)))
  },
  triu_indices.1 = function() {
    found = values_of(torch_unbind(torch_triu_indices(3, 3)))
    identical(found, by_rows(which(upper.tri(diag(3), TRUE), arr.ind = TRUE)))
  },
  searchsorted.1 = function() {
    found = torch_searchsorted(double_tensor(1:3), double_tensor(c(0, 2.5, 9)))
    identical(as_array(found), findInterval(c(0, 2.5, 9), 1:3) + 1L)
  },
  bucketize.1 = function() {
    found = torch_bucketize(double_tensor(c(0, 2.5, 9)), double_tensor(1:3))
    identical(as_array(found), .bincode(c(0, 2.5, 9), c(-Inf, 1:3, Inf)))
  },
  unique_consecutive.2 = function() {
    identical(as_array(torch_unique_consecutive(double_tensor(v), return_inverse = TRUE)[[2]]), match(v, unique(v)))
  },
  unique_dim.2 = function() {
    identical(as_array(torch_unique_dim(double_tensor(v), 1, return_inverse = TRUE)[[2]]), match(v, sort(unique(v))))
  },
  unique_dim_consecutive.2 = function() {
    found = torch_unique_dim_consecutive(double_tensor(v), 1, return_inverse = TRUE)[[2]]
    identical(as_array(found), match(v, unique(v)))
  },
  embedding_bag.2 = function() {
    identical(as_array(torch_embedding_bag(x, whole(1, 2, 2), whole(1, 3), mode = 2)[[2]]), c(1L, 1L, 2L))
  },
  embedding_bag.4 = function() {
    identical(as_array(torch_embedding_bag(x, whole(1, 2), whole(1), mode = 2)[[4]])[1, ], apply(m, 2, which.max))
  },
  max_pool1d_with_indices.2 = function() pools("max_pool1d_with_indices", 1L),
  max_pool2d_with_indices.2 = function() pools("max_pool2d_with_indices", 2L),
  max_pool3d_with_indices.2 = function() pools("max_pool3d_with_indices", 3L),
  adaptive_max_pool1d.2 = function() pools("adaptive_max_pool1d", 1L),
  adaptive_max_pool2d.2 = function() pools("adaptive_max_pool2d", 2L),
  adaptive_max_pool3d.2 = function() pools("adaptive_max_pool3d", 3L),
  fractional_max_pool2d.2 = function() pools("fractional_max_pool2d", 2L),
  fractional_max_pool3d.2 = function() pools("fractional_max_pool3d", 3L),
  indices.1 = function() {
    identical(as_array(x$gt(8)$to_sparse()$coalesce()$indices()), unname(t(which(m > 8, arr.ind = TRUE))))
  },
  crow_indices.1 = function() identical(as_array(csr()$crow_indices()), 1:3),
  col_indices.1 = function() identical(as_array(csr()$col_indices()), c(3L, 1L)),
  ccol_indices.1 = function() identical(as_array(csc()$ccol_indices()), c(1L, 2L, 2L, 3L)),
  row_indices.1 = function() identical(as_array(csc()$row_indices()), c(2L, 1L)),
  output_nr.1 = function() {
    parts = torch_unbind(double_tensor(v)$requires_grad_())
    identical(map_int(parts, function(part) part$output_nr()), seq_along(v))
  }
)

# LibTorch 2.6 has more operations and arguments than 1.13.
has_nonzero_static = "nonzero_static" %in% core_operation_names()
if (has_nonzero_static) {
  arguments$nonzero_static.fill_value = function() {
    found = torch_nonzero_static(double_tensor(v)$gt(1), size = length(v) + 1L, fill_value = 2)
    as_array(found)[length(v) + 1L] == 2
  }
  results$nonzero_static.1 = function() {
    positions = which(v > 1)
    identical(as.vector(as_array(torch_nonzero_static(double_tensor(v)$gt(1), size = length(positions)))), positions)
  }
}

# LibTorch goes through a matrix by rows, R by columns
by_rows = function(positions) {
  positions = positions[order(positions[, 1], positions[, 2]), , drop = FALSE]
  list(unname(positions[, 1]), unname(positions[, 2]))
}

test_that("every argument that is an index counts from 1, as in base R", {
  # LibTorch warns of sparse tensors
  for (name in names(arguments)) expect_true(suppressWarnings(arguments[[name]]()), info = name)
})

test_that("every result that is an index counts from 1, as in base R", {
  for (name in names(results)) expect_true(results[[name]](), info = name)
})

# A name that the core's table has for all operations is tested with one of them.
test_that("no index is without a test", {
  counting = function(bases) which(bases != "none")
  told = sapply(core_operation_names(), function(operation) {
    forms = core_operation_bases(operation)
    list(arguments = unique(unlist(map(forms, function(form) names(counting(form$arguments))))),
      results = unique(unlist(map(forms, function(form) counting(form$results)))))
  }, simplify = FALSE)
  tested = sub("^.*[.]", "", names(arguments))
  # these need a layout, or quantized tensors, which R cannot give
  unreachable = c("compressed_indices", "plain_indices", "ch_axis")
  expect_setequal(setdiff(unlist(map(told, "arguments")), unreachable), tested)
  has_name = function(operation) any(grepl("indices)", torch_schema(operation), fixed = TRUE))
  unnamed = told[!map_lgl(names(told), has_name)]
  places = unlist(imap(unnamed, function(place, operation) sprintf("%s.%i", operation, place$results)))
  # quantized tensors cannot be made from R
  expect_setequal(setdiff(places, "q_per_channel_axis.1"), setdiff(names(results), "max.indices"))
})

# What sounds like an index, and is none: numbers of dimensions, distances from a diagonal or from the first element,
# and LAPACK's pivots, which count from 1 as they are.
no_index = c(
  "tile.dims", "to_sparse.sparse_dim", "sparse_resize.sparse_dim", "sparse_resize_.sparse_dim",
  "sparse_resize_and_clear.sparse_dim", "sparse_resize_and_clear_.sparse_dim", "sparse_resize.dense_dim",
  "sparse_resize_.dense_dim", "sparse_resize_and_clear.dense_dim", "sparse_resize_and_clear_.dense_dim",
  "tril_indices.offset", "triu_indices.offset", "diag_embed.offset", "diagflat.offset", "diagonal.offset",
  "diagonal_scatter.offset", "linalg_diagonal.offset", "as_strided.storage_offset", "as_strided_.storage_offset",
  "as_strided_scatter.storage_offset", "linalg_lu_solve.pivots", "lu_solve.LU_pivots",
  "lu_unpack.LU_pivots", "align_to.ellipsis_idx"
)

test_that("what sounds like an index is one, or is known to be none", {
  sounds = "dim|axis|index|indices|idx|offset|pivot|position|sorter|blank"
  suspects = unlist(map(core_operation_names(), function(operation) {
    map(core_operation_bases(operation), function(form) {
      plain = names(keep(form$arguments, function(x) x == "none"))
      sprintf("%s.%s", operation, grep(sounds, plain, value = TRUE))
    })
  }))
  suspects = keep(unique(suspects), function(suspect) {
    parts = strsplit(suspect, ".", fixed = TRUE)[[1]]
    any(grepl(sprintf("(int|SymInt|Tensor)[^,]* %s\\b", parts[[2]]), torch_schema(parts[[1]])))
  })
  later = c("to_sparse.dense_dim", "to_sparse_csc.dense_dim", "to_sparse_csr.dense_dim")
  expect_setequal(suspects, c(no_index, if (has_nonzero_static) later))
})

# Of matrices of numbers, whole numbers come out as positions or counts only.
test_that("an operation that makes whole numbers of others is known to return positions or counts", {
  counts = c("count_nonzero", "numel", "q_zero_point", "dense_dim", "sparse_dim", "linalg_matrix_rank", "output_nr",
    "get_device", "_version")
  found = keep(core_operation_names(), function(operation) {
    dtype = tryCatch(suppressWarnings(torch_call(operation, double_tensor(m))$dtype), error = function(cond) NULL)
    isTRUE(dtype %in% c("int64", "int32"))
  })
  known = keep(core_operation_names(), function(operation) {
    any(map_lgl(core_operation_bases(operation), function(form) any(form$results != "none")))
  })
  expect_setequal(setdiff(found, known), intersect(found, counts))
})

test_that("0 is no index, wherever one is taken", {
  expect_error(torch_bincount(whole(0, 1)), "'self' counts from 1", class = "mlr3libtorch_error_argument")
  expect_error(torch_tensor_split(x, indices = c(0, 1)), "'indices' counts", class = "mlr3libtorch_error_argument")
  expect_error(torch_max_unpool2d(x$reshape(c(1, 1, 2, 3)), torch_zeros(1, 1, 2, 3, dtype = "int64"), c(2, 3)),
    "'indices' counts from 1", class = "mlr3libtorch_error_argument")
})

test_that("a single number is a number of parts, not a position", {
  expect_identical(values_of(torch_tensor_split(double_tensor(v), 3)), list(v[1:2], v[3:4], v[5:6]))
  expect_length(torch_hsplit(torch_zeros(2, 6), 3), 3L)
  expect_length(torch_vsplit(torch_zeros(6, 2), 2), 2L)
  expect_length(torch_dsplit(torch_zeros(2, 2, 4), 4), 4L)
  expect_identical(map(torch_hsplit(torch_zeros(2, 6), c(2, 5)), dim), list(c(2L, 1L), c(2L, 3L), c(2L, 2L)))
})

test_that("numbers of repetitions are not counted from 1", {
  expect_identical(as_array(torch_tile(x, c(2, 1))), rbind(m, m))
})

test_that("what pooling finds, unpooling takes", {
  picture = double_tensor(array(c(1, 4, 3, 2), c(1, 1, 2, 2)))
  found = torch_max_pool2d_with_indices(picture, c(2, 2))
  expect_identical(as.integer(as_array(found[[2]])), 3L)
  expect_identical(as_array(torch_max_unpool2d(found[[1]], found[[2]], c(2, 2)))[1, 1, , ], matrix(c(0, 4, 0, 0), 2))
})
