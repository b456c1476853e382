test_that("a loader gives batches in the order of the dataset, the last one smaller", {
  loader = dataloader(squares_dataset(7), batch_size = 3)
  expect_true(is_dataloader(loader))
  expect_false(is_dataloader(squares_dataset(7)))
  expect_length(loader, 3)
  expect_equal(loaded(loader), list(1:3, 4:6, 7), ignore_attr = TRUE)
  expect_output(print(loader), "<dataloader>: 3 batches of 'squares'", fixed = TRUE)
})

test_that("`drop_last` leaves out a last batch that is smaller", {
  loader = dataloader(squares_dataset(7), batch_size = 3, drop_last = TRUE)
  expect_length(loader, 2)
  expect_equal(loaded(loader), list(1:3, 4:6))
  expect_length(loaded(dataloader(squares_dataset(6), batch_size = 3, drop_last = TRUE)), 2)
})

test_that("a batch has what items have: tensors stacked, numbers as tensors, strings together, names kept", {
  batch = dataloader_next(dataloader_make_iter(dataloader(squares_dataset(5), batch_size = 2)))
  expect_named(batch, c("x", "count", "half", "name"))
  expect_equal(as_array(batch$x), rbind(c(1, 1), c(2, 4)))
  expect_equal(as.character(batch$count$dtype), "int64")
  expect_equal(as.character(batch$half$dtype), "float32")
  expect_equal(as_array(batch$half), c(0.5, 1))
  expect_equal(batch$name, c("a", "b"))
})

test_that("arrays, logicals and lists in lists become tensors", {
  nested = dataset(.getitem = function(i) list(list(m = matrix(i, 2, 2), ok = i > 1), c(i, i)), .length = function() 3)
  batch = dataloader_next(dataloader_make_iter(dataloader(nested(), batch_size = 3)))
  expect_equal(batch[[1]]$m$shape, c(3, 2, 2))
  expect_equal(as_array(batch[[1]]$ok), c(FALSE, TRUE, TRUE))
  expect_equal(as_array(batch[[2]]), rbind(c(1, 1), c(2, 2), c(3, 3)))
  single = dataset(.getitem = function(i) torch_tensor(i), .length = function() 2)
  expect_equal(dataloader_next(dataloader_make_iter(dataloader(single(), 2)))$shape, c(2, 1))
})

test_that("a dataset with `.getbatch()` is asked once for each batch", {
  asked = list()
  ds = dataset(
    .getbatch = function(index) {
      asked[[length(asked) + 1L]] <<- index
      list(x = torch_tensor(matrix(index)), index = index)
    },
    .length = function() 5
  )
  expect_equal(loaded(dataloader(ds(), batch_size = 2), "index"), list(1:2, 3:4, 5), ignore_attr = TRUE)
  expect_equal(asked, list(1:2, 3:4, 5L))
})

test_that("shuffling follows torch_manual_seed() as LibTorch's permutations do, anew in each iteration", {
  # torch.manual_seed(7); torch.randperm(7) + 1, twice
  orders = list(c(6, 1, 4, 2, 3, 7, 5), c(7, 1, 6, 5, 3, 2, 4))
  loader = dataloader(squares_dataset(7), batch_size = 7, shuffle = TRUE)
  torch_manual_seed(7)
  expect_equal(c(loaded(loader), loaded(loader)), orders)
  torch_manual_seed(7)
  expect_equal(unlist(loaded(dataloader(squares_dataset(7), batch_size = 2, shuffle = TRUE))), orders[[1]])
})

test_that("without `batch_size`, items come as they are", {
  loader = dataloader(squares_dataset(3), batch_size = NULL)
  expect_length(loader, 3)
  expect_equal(loaded(loader, "half"), list(0.5, 1, 1.5))
  item = dataloader_next(dataloader_make_iter(loader))
  expect_equal(item$x$shape, 2)
  expect_equal(loaded(dataloader(tensor_dataset(x = torch_arange(1, 3)), batch_size = NULL), "x"), list(1, 2, 3))
})

test_that("`collate_fn` gets a list of items, or what `.getbatch()` returned", {
  loader = dataloader(squares_dataset(3), batch_size = 2, collate_fn = function(items) sum(map_dbl(items, "half")))
  expect_equal(loaded(loader), list(1.5, 1.5))
  ds = tensor_dataset(torch_arange(1, 4))
  sums = loaded(dataloader(ds, batch_size = 2, collate_fn = function(batch) batch[[1]]$sum()))
  expect_equal(sums, list(3, 7))
})

test_that("an iterator stays at its end, and iterations do not know of each other", {
  loader = dataloader(squares_dataset(2))
  first = dataloader_make_iter(loader)
  second = dataloader_make_iter(loader)
  expect_equal(as_array(dataloader_next(first)$count), 1)
  expect_equal(as_array(dataloader_next(second)$count), 1)
  expect_equal(as_array(dataloader_next(first)$count), 2)
  expect_null(dataloader_next(first))
  expect_identical(dataloader_next(first, completed = "end"), "end")
})

test_that("items are read when their batch is asked for", {
  ds = squares_dataset(6)
  iter = dataloader_make_iter(dataloader(ds, batch_size = 2))
  expect_null(ds$asked)
  dataloader_next(iter)
  expect_equal(ds$asked, 1:2)
})

test_that("an iterable dataset gives batches in turn, of a length that it may not know", {
  counter = iterable_dataset("counter",
    initialize = function(n) self$n = n,
    .iter = function() {
      i = 0
      function() {
        i <<- i + 1
        if (i > self$n) as.symbol(".__exhausted__.") else list(x = i)
      }
    }
  )
  loader = dataloader(counter(5), batch_size = 2)
  expect_identical(length(loader), NA_integer_)
  expect_equal(loaded(loader, "x"), list(c(1, 2), c(3, 4), 5), ignore_attr = TRUE)
  expect_equal(loaded(loader, "x"), loaded(loader, "x"))
  expect_equal(loaded(dataloader(counter(5), batch_size = 2, drop_last = TRUE), "x"), list(c(1, 2), c(3, 4)))
  expect_equal(loaded(dataloader(counter(2), batch_size = NULL), "x"), list(1, 2))
  known = iterable_dataset(inherit = counter, .length = function() self$n)
  expect_length(dataloader(known(5), batch_size = 2), 3)
  expect_length(dataloader(known(5), batch_size = 2, drop_last = TRUE), 2)
  expect_config_error(dataloader(counter(5), shuffle = TRUE), "argument", "decides their order, so leave out 'shuffle'")
})

test_that("an error in a dataset, in `collate_fn` or in an iterator says where it came from", {
  expect_config_error(loaded(dataloader(squares_dataset(5, fails_at = 4), batch_size = 2)), "dataset",
    "Dataset 'squares', item 4: the file is gone")
  expect_config_error(loaded(dataloader(squares_dataset(5), collate_fn = function(items) stop("odd items"))), "dataset",
    "'collate_fn' failed: odd items")
  torn = iterable_dataset("torn", .iter = function() function() stop("cut off"))
  expect_config_error(loaded(dataloader(torn())), "dataset", "Dataset 'torn', the next item: cut off")
  still = iterable_dataset("still", .iter = function() 1)
  expect_config_error(loaded(dataloader(still())), "dataset", "'.iter()' must return a function")
  expect_config_error(loaded(dataloader(iterable_dataset("empty")())), "dataset", "has no method '.iter'")
})

test_that("items that do not fit together are refused, with their place", {
  batch = function(...) {
    items = list(...)
    loaded(dataloader(dataset(.getitem = function(i) items[[i]], .length = function() length(items))(), length(items)))
  }
  expect_config_error(batch(list(x = torch_ones(2)), list(x = torch_ones(3))), "dataset",
    "in element 'x', shapes are (2), (3); give dataloader() a 'collate_fn'")
  expect_config_error(batch(list(a = list(1)), list(a = list(1, 2))), "dataset", "in element 'a', lists differ")
  expect_config_error(batch(torch_ones(1), 1), "dataset", "in an item, some are tensors and others are not")
  expect_config_error(batch(list(1), list(c(1, 2))), "dataset", "in element '[[1]]', some are single numbers")
  expect_config_error(batch(list(y = factor("a"))), "dataset", "element 'y' is")
})

test_that("arguments that a loader cannot take are refused", {
  ds = squares_dataset(4)
  expect_config_error(dataloader(1:3), "argument", "'dataset' must be a dataset")
  expect_config_error(dataloader(squares_dataset), "argument", "'dataset' is a generator")
  expect_config_error(dataloader(ds, batch_size = 0), "argument", "'batch_size' must be a whole number from 1, or NULL")
  expect_config_error(dataloader(ds, shuffle = NA), "argument", "'shuffle' must be TRUE or FALSE, not NA")
  expect_config_error(dataloader(ds, drop_last = 1), "argument", "'drop_last' must be TRUE or FALSE")
  expect_config_error(dataloader(ds, collate_fn = "stack"), "argument", "'collate_fn' must be a function")
  expect_config_error(dataloader(ds, sampler = 1:4), "argument", "'sampler' must be a sampler, see sampler()")
  expect_config_error(dataloader_make_iter(ds), "argument", "'dataloader' must be what dataloader() returned")
  expect_config_error(dataloader_next(dataloader(ds)), "argument", "'iter' must be what dataloader_make_iter()")
})

test_that("arguments for worker processes are taken, and a warning says once that they have no effect", {
  ds = squares_dataset(2)
  rm(list = ls(mlr3libtorch:::said), envir = mlr3libtorch:::said)
  warning = expect_warning(dataloader(ds, num_workers = 2), class = "mlr3libtorch_warning_no_effect")
  expect_equal(warning$parameter, "num_workers")
  expect_no_warning(dataloader(ds, num_workers = 2))
  expect_no_warning(dataloader(ds, num_workers = 0L, pin_memory = FALSE, timeout = -1, worker_init_fn = NULL))
  expect_warning(dataloader(ds, pin_memory = TRUE), "'pin_memory' has no effect")
  expect_warning(dataloader(ds, worker_packages = "stats"), "'worker_packages' has no effect")
})
