# Networks for pictures, held against PyTorch's; the same formulas as in reference/vision/fill.py.

pattern = function(count, which) {
  rep_len(((0:1008) * 389 + which * 101) %% 1009 / 1009 - 0.5, count)
}

# Row-major, as PyTorch fills it.
pattern_tensor = function(name, shape, which) {
  values = pattern(prod(shape), which)
  if (endsWith(name, "num_batches_tracked")) {
    return(torch_tensor(3L, dtype = "int64")$reshape(integer()))
  }
  values = if (endsWith(name, "running_var")) {
    1 + values / 2
  } else if (length(shape) > 1L) {
    values * sqrt(24 / prod(shape[-1L]))
  } else if (endsWith(name, "weight")) {
    1 + values / 4
  } else {
    values / 4
  }
  torch_tensor(values)$reshape(shape)
}

vision_state = function(shapes) {
  set_names(imap(unname(shapes), function(shape, i) pattern_tensor(names(shapes)[[i]], shape, i - 1L)), names(shapes))
}

read_vision_reference = function(key) {
  reference = jsonlite::read_json(test_path("reference", "vision", paste0(key, ".json")))
  list(shapes = map(reference$shapes, function(shape) as.numeric(unlist(shape))),
    output = do.call(rbind, map(reference$output, as.numeric)))
}

# `change`: what the reference's network has that this one has not.
expect_torchvision = function(key, change = identity) {
  reference = read_vision_reference(key)
  spec = change(fill_spec(vision_spec(key), list(), 5))
  network = build_network(spec, list(x = list(dtype = torch_float(), shape = c(2, 3, 64, 64))),
    core_generator_create(1))
  names(reference$shapes) = vision_weight_names(key, names(reference$shapes))
  shapes = map(network$state_dict(), function(tensor) as.numeric(tensor$shape))
  expect_identical(shapes[order(names(shapes))], reference$shapes[order(names(reference$shapes))])
  network$load_state_dict(vision_state(reference$shapes))
  picture = torch_tensor(pattern(2 * 3 * 64 * 64, 7) * 4)$reshape(c(2, 3, 64, 64))
  expect_equal(as.array(network(picture)), reference$output, tolerance = 1e-4)
}

# Rows of pictures of two classes, one with a bright upper half.
pixel_task = function(size = 32L, rows = 12L) {
  withr::with_seed(1, {
    class = rep(c("above", "below"), length.out = rows)
    bright = outer(class == "above", rep(rep(c(1, 0), each = size^2 / 2), 3), `==`)
    pixels = matrix(stats::runif(rows * 3 * size^2), rows) + bright
  })
  as_task_classif(data.table(pixels, class = factor(class)), target = "class", id = "halves")
}
