# Pictures and the data behind them.

# The ggplot2 that the stored pictures were drawn with: another one may move every line a little.
pictures_drawn_with = "4.0"

# Compares a picture with the stored one. With another ggplot2 it is only drawn.
expect_picture = function(name, plot) {
  if (startsWith(as.character(utils::packageVersion("ggplot2")), pictures_drawn_with)) {
    vdiffr::expect_doppelganger(name, plot)
  } else {
    expect_drawn(plot)
  }
}

# Draws at the size of a page, without a warning or a message.
expect_drawn = function(plot) {
  withr::local_pdf(withr::local_tempfile(), width = 5, height = 3.5)
  expect_silent(print(plot))
}

# What the first layer of a geom draws.
layer_of = function(plot, geom) {
  is_geom = map_lgl(plot$layers, function(layer) inherits(layer$geom, geom))
  ggplot2::layer_data(plot, which(is_geom)[[1L]])
}

has_layer = function(plot, geom) any(map_lgl(plot$layers, function(layer) inherits(layer$geom, geom)))

# The breaks on the axis of epochs.
epoch_breaks = function(plot) {
  breaks = ggplot2::ggplot_build(plot)$layout$panel_params[[1L]]$x$breaks
  breaks[!is.na(breaks)]
}

made_history = function(...) as_history(data.table(...))

# Curves that fall from far above, and a measure that rises.
falling_history = function(epochs = 40L) {
  epoch = seq_len(epochs)
  made_history(epoch = epoch, train.loss = 600 * exp(-epoch / 2) + 2 / sqrt(epoch) + sin(epoch) / 20,
    valid.loss = 500 * exp(-epoch / 2) + 1 + (epoch - 25)^2 / 1000, lr = 0.01, train.regr.rmse = 3 / sqrt(epoch),
    valid.regr.rmse = 2 + 2 / epoch, valid.regr.rsq = 1 - 1 / epoch)
}
