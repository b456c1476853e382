# What configure and CMake say about what is missing, and that LIBTORCH_HOME means all parts of LibTorch.
# The LibTorch that the core was built with is offered a second time, under another folder.

cmake_cache = readLines("build/core/CMakeCache.txt")
torch_config = sub("^Torch_DIR:PATH=", "", grep("^Torch_DIR:PATH=", cmake_cache, value = TRUE))
library_folder = sub("^LIBTORCH_LIB_DIR='(.*)'$", "\\1",
  grep("^LIBTORCH_LIB_DIR=", readLines("build/core/glue-flags.sh"), value = TRUE))
# the folder that has LibTorch's include/ and, somewhere below it, its libraries
libtorch_prefix = library_folder
while (!dir.exists(file.path(libtorch_prefix, "include", "torch"))) libtorch_prefix = dirname(libtorch_prefix)

# A LIBTORCH_HOME with its own CMake files (they find the rest from where they lie) and links to the rest.
make_libtorch_home = function(configs = c("Torch", "Caffe2")) {
  home = tempfile("libtorch")
  there = function(path) file.path(home, substring(path, nchar(libtorch_prefix) + 2))
  folders = c(there(library_folder), there(dirname(torch_config)), file.path(home, "include"))
  for (folder in folders) dir.create(folder, recursive = TRUE, showWarnings = FALSE)
  libraries = list.files(library_folder, "^lib(torch|torch_cpu|c10)\\.so", full.names = TRUE)
  headers = file.path(libtorch_prefix, "include", c("torch", "c10", "ATen", "caffe2"))
  file.symlink(c(libraries, headers), there(c(libraries, headers)))
  file.copy(file.path(dirname(torch_config), configs), there(dirname(torch_config)), recursive = TRUE)
  home
}

# What CMake leaves in its build folder if LIBTORCH_HOME is `home`: a file and its lines.
cmake_outcome = function(home, file, options = character()) {
  build = tempfile("build")
  system2("cmake", c("-S", ".", "-B", build, options), env = paste0("LIBTORCH_HOME=", home), stdout = FALSE,
    stderr = FALSE)
  lines = readLines(file.path(build, file))
  unlink(build, recursive = TRUE)
  lines
}

# The words of `expected` that `lines` do not have.
words_not_in = function(expected, lines) {
  text = paste(lines, collapse = "\n")
  missing = expected[!vapply(expected, grepl, logical(1), text, fixed = TRUE)]
  sprintf("'%s' is not in: %s", missing, text)
}

check("LIBTORCH_HOME's library is taken, not the system's", {
  home = make_libtorch_home()
  words_not_in(sprintf("LIBTORCH_LIB_DIR='%s/", home), cmake_outcome(home, "glue-flags.sh"))
})

check("a LIBTORCH_HOME whose library would come from elsewhere is refused", {
  words_not_in("this part of LibTorch would come from elsewhere", cmake_outcome(make_libtorch_home("Torch"), "why-not"))
})

check("a LIBTORCH_HOME without LibTorch is refused", {
  words_not_in("but no LibTorch was found there", cmake_outcome(tempdir(), "why-not"))
})

check("libraries that CMake does not find are named together, with one command to install them", {
  hidden = sprintf("-DCMAKE_DISABLE_FIND_PACKAGE_%s=ON", c("Torch", "BLAS", "JPEG", "PNG", "nlohmann_json", "ZLIB"))
  words_not_in(
    c("LibTorch", "BLAS",
      "apt-get install libtorch-dev libopenblas-dev libjpeg-dev libpng-dev nlohmann-json3-dev zlib1g-dev"),
    cmake_outcome("", "why-not", hidden)
  )
})

# What configure says if the programs `hidden` are not on the path.
configure_without = function(hidden) {
  path = tempfile("bin")
  dir.create(path)
  for (folder in unique(normalizePath(c("/bin", "/usr/bin")))) {
    programs = setdiff(list.files(folder), c(hidden, list.files(path)))
    file.symlink(file.path(folder, programs), file.path(path, programs))
  }
  suppressWarnings(system2("./configure", stdout = TRUE, stderr = TRUE,
    env = c(paste0("PATH=", path), paste0("R_HOME=", R.home()))))
}

check("tools that are missing are named together, with one command to install them", {
  words_not_in(c("CMake (>= 3.18)", "make", "apt-get install cmake make"), configure_without(c("cmake", "make")))
})
