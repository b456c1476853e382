test_that("an option has its default unless it is set, and another type of value is refused", {
  for (name in names(package_options)) {
    withr::with_options(set_names(list(NULL), option_name(name)), {
      expect_identical(package_option(name), package_options[[name]]$default)
    })
    withr::with_options(set_names(list(new.env()), option_name(name)), {
      expect_config_error(package_option(name), "argument", sprintf("'%s' must be", option_name(name)))
    })
  }
})
