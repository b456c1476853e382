# The rows of a task that are read from its mapped file instead of lying in memory.

# The opened file from which a task's rows are to be read; NULL if they are to lie in memory. `values`: parameters of a
# learner; `inputs`: the recipes of its network's inputs.
mapped_file_for = function(task, values, inputs, codes) {
  how = values$data %??% "memory"
  # what is moved to a device comes from memory
  if (how == "device") how = "memory"
  has_sequences = any(map_chr(inputs, "kind") %in% learned_kinds)
  if (how == "memory" || !length(task$row_ids) || (how == "auto" && has_sequences)) {
    return(NULL)
  }
  if (has_sequences) {
    abort("config", sprintf("Task '%s' cannot be read from a file: its sequences stay in memory; %s.", task$id,
      "set `data = \"memory\"`"))
  }
  if (is_mapped_backend(task$backend)) {
    return(file_of_backend(task$backend))
  }
  if (how == "mapped" || !fits_into_memory(task, inputs, codes)) own_mapped_file(task)
}

# Whether the tensors of a task take at most half of the memory that is free.
fits_into_memory = function(task, inputs, codes, small = 64e6) {
  bytes = length(task$row_ids) * sum(map_dbl(inputs, row_bytes, codes = codes))
  bytes <= small || bytes <= core_free_memory() / 2
}

row_bytes = function(input, codes) {
  switch(input$kind,
    columns = 4 * sum(column_counts(input, codes & is_wide(input))),
    classes = 8 * length(input$id),
    4
  )
}

# The file of a task that nobody has given a path: in the session's own folder, where it is found again.
own_mapped_file = function(task) {
  backend = unmapped_backend(task$backend)
  info = mapped_columns(task)
  hash = mapped_hash(backend, info)
  folder = file.path(package_option("mapped_folder") %??% tempdir(), "mlr3libtorch-mapped")
  path = file.path(folder, paste0(hash, ".safetensors"))
  if (!file.exists(path)) {
    dir.create(folder, showWarnings = FALSE, recursive = TRUE)
    lg$info("Task '%s' is written into '%s', from which it is read.", task$id, path)
    write_mapped(backend, info, hash, path)
  }
  open_mapped(path)
}

# The same rows as `rows_in_memory()` makes.
rows_in_file = function(task, mapped, inputs, target, codes) {
  wanted = unique(c(unlist(map(inputs, "id")), if (target) task$target_names))
  absent = setdiff(wanted, mapped$info$id)
  if (length(absent)) {
    abort("features", sprintf("The file '%s' of task '%s' lacks the columns %s, which the task had not when %s.",
      mapped$path, task$id, str_collapse(absent, quote = "'", n = 10L), "it was written; write it again by map_task()"),
      fields = list(features = absent))
  }
  positions = mapped_positions(task, mapped)
  walk(inputs, check_mapped_values, mapped = mapped, positions = positions)
  recipes = map(inputs, mapped_recipe, mapped = mapped, positions = positions, codes = codes)
  y = if (target) mapped_target(task, mapped, positions) else list(recipe = new_recipe_of_table(list()))
  handle = core_table_source(mapped$table, positions, unname(recipes), y$recipe, y$tensor)
  new_core_dataset(handle, names(inputs), task$row_ids, target)
}

# Where the task's rows lie; NULL for all rows of the file in their order.
mapped_positions = function(task, mapped) {
  rows = task$row_ids
  if (is.null(mapped$row_ids)) {
    return(if (!identical(as.integer(rows), seq_len(mapped$rows))) rows)
  }
  match(rows, mapped$row_ids)
}

# Refuses missing and infinite values in the task's rows, which the file as a whole may have, and notes ranges.
check_mapped_values = function(input, mapped, positions) {
  if (!length(input$id)) {
    return(invisible())
  }
  columns = match(input$id, mapped$info$id)
  facts = map(mapped$facts, function(fact) fact[columns])
  if (any(facts$missing + facts$infinite > 0)) {
    counts = core_table_bad_values(mapped$table, columns, positions)
    core_columns_check(input$id, counts$missing, counts$infinite)
  }
  if (input$kind == "columns") note_ranges(input$id, facts$low, facts$high)
}

# What the core needs to make an input of the file's columns, see src/core/data/mapped_source.h.
mapped_recipe = function(input, mapped, positions, codes) {
  factor_part = function(kind, id, levels) mapped_factor(kind, id, levels, mapped, positions)
  if (input$kind == "nothing") {
    return(new_recipe_of_table(list(new_part("zero"))))
  }
  if (input$kind == "classes") {
    return(new_recipe_of_table(unname(pmap(list("class", input$id, input$levels), factor_part))))
  }
  in_codes = codes & is_wide(input)
  parts = map(seq_along(input$id), function(i) {
    id = input$id[[i]]
    if (!input$coded[[i]]) {
      return(new_part("number", match(id, mapped$info$id)))
    }
    factor_part(if (in_codes[[i]]) "code" else "indicators", id, input$levels[[i]])
  })
  if (any(in_codes)) {
    return(new_recipe_of_table(parts, coded = coded_levels(input, in_codes)))
  }
  new_recipe_of_table(parts, shape = if (!is.null(input$shape)) input$shape[-1L])
}

new_recipe_of_table = function(parts, shape = NULL, coded = NULL) list(parts = parts, shape = shape, coded = coded)

new_part = function(kind, column = 1L, codes = NULL, levels = 0L) {
  list(kind = kind, column = column, codes = codes, levels = levels)
}

# A factor, whose levels in the file may come in another order than in the network.
mapped_factor = function(kind, id, levels, mapped, positions) {
  column = match(id, mapped$info$id)
  if (mapped$info$type[[column]] == "logical") {
    return(new_part(kind, column, levels = 2L))
  }
  own = mapped$info$levels[[column]]
  codes = if (!identical(own, levels)) match(own, levels)
  if (anyNA(codes)) {
    used = core_table_codes_used(mapped$table, column, length(own), positions)
    unseen = own[used & is.na(codes)]
    if (length(unseen)) abort_unseen_levels(id, unseen, levels)
  }
  new_part(kind, column, codes, length(levels))
}

# list(recipe, tensor): how y is made of the file's columns, or the tensor itself for other types of tasks.
mapped_target = function(task, mapped, positions) {
  ids = task$target_names
  columns = match(ids, mapped$info$id)
  check_mapped_values(list(kind = if (has_classes(task$task_type)) "classes" else "columns", id = ids), mapped,
    positions)
  if (has_classes(task$task_type)) {
    is_pair = length(task$class_names) == 2L
    part = mapped_factor(if (is_pair) "first" else "class", ids, task$class_names, mapped, positions)
    return(list(recipe = new_recipe_of_table(list(part), shape = if (!is_pair) integer())))
  }
  if (task$task_type %in% names(task_kinds)) {
    return(list(recipe = new_recipe_of_table(map(columns, function(column) new_part("number", column)))))
  }
  list(recipe = new_recipe_of_table(list()), tensor = target_tensor(task))
}
