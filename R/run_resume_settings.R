# What a run that goes on may change: a rule for every setting of a learner, and the comparison with what the run had.

# `rule`: "free" has no effect on what is learnt; "named" is accepted and named in a message; "refused" would make it
# another run. `effect`: what a change does, or why it is refused; for the message and the help.
resume_rule = function(rule, effect) list(rule = rule, effect = effect)

# By setting; `opt.*` stands for all settings whose names begin like this and that have no row.
resume_rules = list(
  epochs = resume_rule("free", "the total, earlier ones included"),
  resume = resume_rule("free", "where the run goes on from"),
  keep_on_interrupt = resume_rule("free", "what an interrupt does"),
  batch_size_predict = resume_rule("free", "rows at once in validation and prediction"),
  mc_dropout = resume_rule("free", "used in prediction only"),
  num_interop_threads = resume_rule("free", "no influence on results"),
  jit_trace = resume_rule("free", "no influence on results"),
  data = resume_rule("free", "no influence on results"),
  num_workers = resume_rule("free", "no influence on results"),
  workers = resume_rule("free", "changes results by rounding"),
  sync_batch_norm = resume_rule("free", "from the next batch on"),
  pin_memory = resume_rule("free", "no influence on results"),
  tensor_dataset = resume_rule("free", "no influence on results"),
  timeout = resume_rule("free", "no influence on results"),
  worker_globals = resume_rule("free", "no influence on results"),
  worker_init_fn = resume_rule("free", "no influence on results"),
  worker_packages = resume_rule("free", "no influence on results"),
  batch_size = resume_rule("named", "from the next batch on; each row is still visited once in its epoch"),
  drop_last = resume_rule("named", "from the next batch on"),
  shuffle = resume_rule("named", "from the next epoch on"),
  sampler = resume_rule("named", "from the next epoch on; it can be removed only between two epochs"),
  batch_sampler = resume_rule("named", "from the next epoch on; it can be removed only between two epochs"),
  collate_fn = resume_rule("named", "from the next batch on"),
  eval_freq = resume_rule("named", "from this epoch on"),
  measures_train = resume_rule("named", "from the next evaluation on"),
  measures_valid = resume_rule("named", "from the next evaluation on"),
  patience = resume_rule("named", "from the next evaluation on"),
  min_delta = resume_rule("named", "from the next evaluation on"),
  min_epochs = resume_rule("named", "from the next evaluation on"),
  device = resume_rule("named", "results may differ by rounding"),
  num_threads = resume_rule("named", "results may differ by rounding"),
  plan = resume_rule("named", "results may differ by rounding"),
  precision = resume_rule("named", "from the next batch on, products are rounded otherwise"),
  opt.lr = resume_rule("named", "from the next step on, but a schedule goes on from its own rates"),
  opt.weight_decay = resume_rule("named", "from the next step on"),
  `cb.*` = resume_rule("named", "a new callback starts; the state of a removed one is dropped"),
  restore_best_weights = resume_rule("refused", "the best weights so far were kept, or not"),
  seed = resume_rule("refused", "the random numbers go on from where they were"),
  `opt.*` = resume_rule("refused", "the optimizer's state belongs to it"),
  optimizer = resume_rule("refused", "the optimizer's state belongs to it"),
  loss = resume_rule("refused", "another loss is another aim"),
  `loss.*` = resume_rule("refused", "another loss is another aim"),
  `case weights` = resume_rule("refused", "other weights are another aim"),
  `network.*` = resume_rule("refused", "the weights belong to that network")
)

rule_of_setting = function(name) {
  resume_rules[[name]] %??% resume_rules[[sub("[.].*", ".*", name)]]
}

# The learner's own parameters that are compared.
compared_parameters = setdiff(
  grep(".", names(discard(resume_rules, function(row) row$rule == "free")), fixed = TRUE, value = TRUE, invert = TRUE),
  c("optimizer", "loss", "case weights")
)

# The settings of a run as text, by name; a run that goes on is compared with them.
run_settings = function(learner, optimizer, sets, spec, is_weighted) {
  # the run's own have the seed that was drawn
  values = get_private(learner)$.base_params$values
  c(
    map_chr(set_names(compared_parameters), function(name) setting_text(values[[name]])),
    `case weights` = setting_text(is_weighted),
    descriptor_settings(optimizer, "optimizer", "opt"),
    descriptor_settings(learner$loss, "loss", "loss"),
    # where checkpoints are written says nothing about the run
    unlist(unname(imap(discard(learner$callbacks, is_checkpoint_callback), function(callback, id) {
      callback_settings(callback, id, sets[[id]])
    }))),
    network_settings(spec)
  )
}

descriptor_settings = function(descriptor, name, prefix) {
  set_names(c(get_private(descriptor)$.identity(), param_set_texts(descriptor$param_set)),
    c(name, sprintf("%s.%s", prefix, descriptor$param_set$ids())))
}

callback_settings = function(callback, id, set) {
  set_names(c(class(set)[1L], param_set_texts(callback$param_set)),
    sprintf("cb.%s", c(id, sprintf("%s.%s", rep(id, length(callback$param_set$ids())), callback$param_set$ids()))))
}

# What is not set has its default.
param_set_texts = function(param_set) {
  values = insert_named(param_set$default, param_set$values)
  map_chr(param_set$ids(), function(id) setting_text(values[[id]]))
}

network_settings = function(spec) {
  # what the weights start with says nothing about a run that goes on
  rest = spec[setdiff(names(spec), c("nodes", "start"))]
  nodes = map_chr(spec$nodes, function(node) {
    parameters = imap_chr(as.list(node$parameters), function(value, name) paste(name, "=", setting_text(value)))
    sprintf("%s(%s) of %s", node$operation, toString(parameters), toString(unlist(node$inputs)))
  })
  set_names(c(map_chr(rest, setting_text), nodes),
    sprintf("network.%s", c(names(rest), map_chr(spec$nodes, "id"))))
}

# The same text for the same value in every session.
setting_text = function(x) {
  if (is.null(attributes(x)) && length(x) == 1L && (is.numeric(x) || is.logical(x)) && !is.na(x)) {
    return(as.character(x))
  }
  text = paste(deparse(comparable_setting(x), width.cutoff = 500L, control = c("niceNames", "showAttributes")),
    collapse = " ")
  if (nchar(text) > 200L) sprintf("%s... [%s]", strtrim(text, 60L), calculate_hash(text)) else text
}

comparable_setting = function(x) {
  if (inherits(x, "TorchCallback")) {
    c(list(x$id), comparable_setting(x$param_set$values))
  } else if (is.function(x)) {
    hashable(x)
  } else if (inherits(x, "torch_tensor")) {
    calculate_hash(core_tensor_to_plain(x))
  } else if (inherits(x, "Measure") || (is.list(x) && length(x) && all(map_lgl(x, inherits, what = "Measure")))) {
    # which may be named by their ids
    unname(map_chr(as_measure_list(x), "id"))
  } else if (is.list(x)) {
    map(unclass(x), comparable_setting)
  } else if (is.integer(x) && !is.factor(x)) {
    # whether a number is an integer to R makes no difference
    storage.mode(x) = "double"
    x
  } else if (is.null(x) || (is.atomic(x) && !is.raw(x))) {
    # NULL is atomic before R 4.4 only
    x
  } else {
    calculate_hash(x)
  }
}

# The names of the settings that differ. `saved`, `asked`: as `run_settings()` made them.
changed_settings = function(saved, asked) {
  names = union(names(saved), names(asked))
  is_in_both = names %in% names(saved) & names %in% names(asked)
  # a callback that is new or gone is named once; an earlier version of the package may have had fewer parameters
  can_come_and_go = startsWith(names, "network.") | grepl("^cb[.][^.]+$", names)
  names = names[is_in_both | can_come_and_go]
  names[!map_lgl(names, function(name) identical(unname(saved[name]), unname(asked[name])))]
}

# Refuses settings that would make it another run, names those that are accepted if asked to `tell`, and returns their
# names.
check_changed_settings = function(saved, asked, tell = TRUE) {
  if (is.null(saved)) {
    return(character())
  }
  changed = changed_settings(saved, asked)
  rules = map_chr(changed, function(name) rule_of_setting(name)$rule)
  refused = changed[rules == "refused"]
  if (length(refused)) {
    abort("resume", sprintf("%s. %s", paste(
      "The run to go on from was made with other settings:", describe_changes(refused, saved, asked)),
      "Give the learner the settings of that run, or start a new run."
    ), fields = list(settings = refused))
  }
  if (tell && length(changed)) {
    lg$warn("The run goes on with other settings: %s.", describe_changes(changed, saved, asked))
  }
  changed
}

describe_changes = function(names, saved, asked) {
  text = function(settings, name) if (name %in% names(settings)) strtrim(settings[[name]], 80L) else "none"
  str_collapse(map_chr(names, function(name) {
    sprintf("'%s' was %s and is now %s (%s)", name, text(saved, name), text(asked, name), rule_of_setting(name)$effect)
  }), sep = "; ")
}

# For the help: what may change, as a list item for each rule.
rd_resume_settings = function() {
  heads = c(free = "Free to change", named = "Accepted, and named in the log", refused = "Refused")
  parts = imap_chr(heads, function(head, rule) {
    rows = keep(resume_rules, function(row) row$rule == rule)
    sprintf("* %s: %s.", head, str_collapse(sprintf("`%s` (%s)", names(rows), map_chr(rows, "effect")), sep = ", "))
  })
  paste(parts, collapse = "\n")
}
