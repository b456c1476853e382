#' @title Recurrent Layers
#'
#' @description
#' LSTM, GRU and Elman networks with one or several layers, as modules that return all states.
#' Called with `input` and the initial states `hx` (zeros unless given), they return `list(output, state)`.
#'
#' `input` has the shape (steps, rows, features), or (rows, steps, features) if `batch_first`. `output` has the last
#' layer's state of each step; the final states have the shape (layers times directions, rows, hidden units), and an
#' LSTM has two, `list(hidden, cell)`. As nodes of networks, [`nn("lstm")`][nn()] and the like return one tensor.
#'
#' Weights are called as in R torch: `weight_ih_l1`, `weight_hh_l1`, `bias_ih_l1`, `bias_hh_l1`, for further layers
#' `l2` and so on, and for the other direction with the end `_reverse`.
#'
#' @param ... `input_size`, `hidden_size`: the numbers of features and of hidden units;
#'   `num_layers` (default 1); `bias` (`TRUE`); `batch_first` (`FALSE`); `dropout` (0), between layers in training;
#'   `bidirectional` (`FALSE`); for `nn_rnn()` after `num_layers` also `nonlinearity`: `"tanh"` (default) or `"relu"`.
#' @param id,reads (`character()`)
#'   The layer's name and what it reads as a node of a network, see [nn()].
#' @return A module, class `nn_module`.
#' @family Module
#' @export
#' @examples
#' lstm = nn_lstm(input_size = 3, hidden_size = 5, batch_first = TRUE)
#' result = lstm(torch_randn(2, 7, 3))
#' result[[1]]$shape
#' result[[2]][[1]]$shape
nn_lstm = nn_module("nn_lstm",
  initialize = function(input_size, hidden_size, num_layers = 1L, bias = TRUE, batch_first = FALSE, dropout = 0,
    bidirectional = FALSE) {
    recurrent_weights(self, 4L, input_size, hidden_size, num_layers, bias, batch_first, dropout, bidirectional)
  },
  forward = function(input, hx = NULL) {
    state = hx %??% list(initial_state(self, input), initial_state(self, input))
    result = call_recurrent(torch_lstm, self, input, state)
    list(result[[1L]], list(result[[2L]], result[[3L]]))
  },
  reset_parameters = function() draw_recurrent(self)
)

#' @rdname nn_lstm
#' @export
nn_gru = nn_module("nn_gru",
  initialize = function(input_size, hidden_size, num_layers = 1L, bias = TRUE, batch_first = FALSE, dropout = 0,
    bidirectional = FALSE) {
    recurrent_weights(self, 3L, input_size, hidden_size, num_layers, bias, batch_first, dropout, bidirectional)
  },
  forward = function(input, hx = NULL) call_recurrent(torch_gru, self, input, hx %??% initial_state(self, input)),
  reset_parameters = function() draw_recurrent(self)
)

#' @rdname nn_lstm
#' @export
nn_rnn = nn_module("nn_rnn",
  initialize = function(input_size, hidden_size, num_layers = 1L, nonlinearity = "tanh", bias = TRUE,
    batch_first = FALSE, dropout = 0, bidirectional = FALSE) {
    self$nonlinearity = assert_choice(nonlinearity %??% "tanh", c("tanh", "relu"))
    recurrent_weights(self, 1L, input_size, hidden_size, num_layers, bias, batch_first, dropout, bidirectional)
  },
  forward = function(input, hx = NULL) {
    operation = switch(self$nonlinearity, tanh = torch_rnn_tanh, relu = torch_rnn_relu)
    call_recurrent(operation, self, input, hx %??% initial_state(self, input))
  },
  reset_parameters = function() draw_recurrent(self)
)

# `gates`: how many rows of weights a hidden unit has. Initial weights are uniform, as in LibTorch.
recurrent_weights = function(self, gates, input_size, hidden_size, num_layers, bias, batch_first, dropout,
  bidirectional) {
  self$input_size = assert_count(input_size, positive = TRUE)
  self$hidden_size = assert_count(hidden_size, positive = TRUE)
  self$num_layers = assert_int(num_layers, lower = 1L, upper = 1000L)
  self$bias = assert_flag(bias)
  self$batch_first = assert_flag(batch_first)
  self$dropout = assert_number(dropout, lower = 0, upper = 1)
  self$bidirectional = assert_flag(bidirectional)
  bound = 1 / sqrt(hidden_size)
  directions = if (bidirectional) c("", "_reverse") else ""
  for (layer in seq_len(num_layers)) {
    features = if (layer == 1L) input_size else hidden_size * length(directions)
    for (direction in directions) {
      end = paste0("_l", layer, direction)
      shapes = list(weight_ih = c(gates * hidden_size, features), weight_hh = c(gates * hidden_size, hidden_size),
        bias_ih = if (bias) gates * hidden_size, bias_hh = if (bias) gates * hidden_size)
      iwalk(discard(shapes, is.null), function(shape, name) {
        self$register_parameter(paste0(name, end), nn_parameter(torch_rand(shape) * (2 * bound) - bound))
      })
    }
  }
}

draw_recurrent = function(self) {
  bound = 1 / sqrt(self$hidden_size)
  walk(self$parameters, nn_init_uniform_, a = -bound, b = bound)
  invisible(self)
}

# A sequence without a batch is not known to the operations.
check_recurrent_input = function(input) {
  if (inherits(input, "torch_tensor") && length(dim(input)) == 3L) {
    return(invisible(input))
  }
  shape = if (inherits(input, "torch_tensor")) sprintf("a tensor of shape (%s)", toString(dim(input))) else
    as_short_string(input)
  abort("argument", sprintf(paste(
    "The input of a recurrent layer must be a tensor of three dimensions, steps, rows and features (rows first with",
    "`batch_first = TRUE`), not %s; give one sequence by `$unsqueeze()`, and a packed one to torch_lstm() or its kin."
  ), shape), fields = list(argument = "input"))
}

initial_state = function(self, input) {
  check_recurrent_input(input)
  rows = input$size(if (self$batch_first) 1L else 2L)
  torch_zeros(c(self$num_layers * (1L + self$bidirectional), rows, self$hidden_size), dtype = input$dtype,
    device = input$device)
}

call_recurrent = function(operation, self, input, hx) {
  check_recurrent_input(input)
  weights = unname(self$named_parameters(recursive = FALSE))
  operation(input, hx, weights, self$bias, self$num_layers, self$dropout, self$training, self$bidirectional,
    self$batch_first)
}
