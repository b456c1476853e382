# Every second item, in the reversed order.
backwards_sampler = sampler("backwards",
  initialize = function(data_source) self$n = length(data_source),
  .iter = function() {
    i = self$n + 2
    function() {
      i <<- i - 2
      if (i > 0) i else as.symbol(".__exhausted__.")
    }
  },
  .length = function() ceiling(self$n / 2)
)

test_that("a sampler decides which items a loader visits, and in which order", {
  ds = squares_dataset(6)
  loader = dataloader(ds, batch_size = 2, sampler = backwards_sampler(ds))
  expect_length(loader, 2)
  expect_equal(loaded(loader), list(c(6, 4), 2), ignore_attr = TRUE)
  expect_equal(loaded(dataloader(ds, 2, sampler = backwards_sampler(ds), drop_last = TRUE)), list(c(6, 4)))
  expect_equal(loaded(dataloader(tensor_dataset(x = torch_arange(1, 6)), 2, sampler = backwards_sampler(ds)), "x"),
    list(c(6, 4), 2), ignore_attr = TRUE)
})

test_that("a sampler that gives several positions at once is asked for batches", {
  sizes = NULL
  in_pairs = sampler("in_pairs",
    initialize = function(data_source) NULL,
    .iter_batch = function(batch_size) {
      sizes <<- c(sizes, batch_size)
      left = list(c(3, 1), 2)
      function() {
        if (!length(left)) {
          return(as.symbol(".__exhausted__."))
        }
        batch = left[[1]]
        left <<- left[-1]
        batch
      }
    },
    .length = function() 3
  )
  expect_equal(loaded(dataloader(squares_dataset(3), 2, sampler = in_pairs(NULL))), list(c(3, 1), 2),
    ignore_attr = TRUE)
  expect_equal(sizes, 2)
})

test_that("a batch sampler decides the items of each batch", {
  by_size = sampler("by_size",
    initialize = function(batches) self$batches = batches,
    .iter = function() {
      i = 0
      function() {
        i <<- i + 1
        if (i > length(self$batches)) as.symbol(".__exhausted__.") else self$batches[[i]]
      }
    },
    .length = function() length(self$batches)
  )
  loader = dataloader(squares_dataset(5), batch_sampler = by_size(list(1, c(5, 2), 3:4)))
  expect_length(loader, 3)
  expect_equal(loaded(loader), list(1, c(5, 2), c(3, 4)), ignore_attr = TRUE)
  expect_config_error(dataloader(squares_dataset(5), batch_size = 2, batch_sampler = by_size(list(1))), "argument",
    "'batch_sampler' decides the items of each batch, so leave out 'batch_size'")
})

test_that("a sampler inherits from another one", {
  all_backwards = sampler("all_backwards", inherit = backwards_sampler,
    .iter = function() {
      rest = self$n
      function() {
        rest <<- rest - 1
        if (rest >= 0) rest + 1 else as.symbol(".__exhausted__.")
      }
    }
  )
  s = all_backwards(squares_dataset(3))
  expect_s3_class(s, c("all_backwards", "backwards", "utils_sampler"), exact = FALSE)
  expect_equal(unlist(loaded(dataloader(squares_dataset(3), sampler = s))), 3:1)
  expect_output(print(s), "<all_backwards>")
  expect_output(print(all_backwards), "<sampler_generator> all_backwards(data_source)", fixed = TRUE)
})

test_that("a sampler and shuffling exclude each other", {
  ds = squares_dataset(3)
  expect_config_error(dataloader(ds, shuffle = TRUE, sampler = backwards_sampler(ds)), "argument",
    "'sampler' decides the order of the items, so leave out 'shuffle'")
})

test_that("an error in a sampler names it", {
  ds = squares_dataset(3)
  torn = sampler("torn", .iter = function() function() stop("no order"), .length = function() stop("no length"))
  expect_config_error(loaded(dataloader(ds, sampler = torn())), "dataset", "Sampler 'torn' failed: no order")
  expect_config_error(length(dataloader(ds, sampler = torn())), "dataset", "Sampler 'torn' failed: no length")
  expect_config_error(loaded(dataloader(ds, sampler = sampler("bare")())), "dataset",
    "Sampler 'bare' has no method '.iter'")
  expect_config_error(length(sampler("bare")()), "dataset", "Sampler 'bare' has no method '.length'")
  still = sampler("still", .iter = function() 1)
  expect_config_error(loaded(dataloader(ds, sampler = still())), "dataset", "must return a function")
})
