# A registered loss as a module, for code that calls losses itself.
registered_loss = nn_module("registered_loss",
  initialize = function(key, settings) {
    self$key = key
    self$settings = settings
  },
  forward = function(input, target) {
    core_loss_value(list(key = self$key, arguments = map(self$settings, plain_setting)), input, target)
  }
)
