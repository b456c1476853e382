#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace mlr3libtorch::io {

/// Refuses what exists and is neither a regular file nor a link to one: renaming a file to that name would replace a
/// device or a pipe, and opening a pipe would wait for its reader. Throws base::FileError.
void check_target(const std::string& path);

/// A file that appears whole or not at all.
/// Bytes go to a temporary file beside the target; `commit()` makes them durable and puts them in the target's place in
/// one step, so whoever opens the target sees the old content or the new, whenever the process or the machine stops.
/// A target that `check_target()` refuses is refused before anything is written.
/// Without `commit()` the temporary file is removed and the target stays as it was.
/// Every failure is a base::FileError that names the target and quotes the system's message.
class AtomicFile {
 public:
  /// What follows the target's name in the name of its temporary file; two numbers follow, `<process>-<attempt>`.
  static constexpr char kTemporaryMark[] = ".tmp-";

  explicit AtomicFile(std::string path);
  ~AtomicFile();
  AtomicFile(const AtomicFile&) = delete;
  AtomicFile& operator=(const AtomicFile&) = delete;

  /// Appends.
  void write(const void* bytes, std::size_t size);
  /// Overwrites bytes that were written before.
  void overwrite(std::uint64_t offset, const void* bytes, std::size_t size);
  void commit();

 private:
  void open_temporary();
  void close_descriptor();
  void sync_folder() const;

  std::string path_;
  std::string temporary_;
  int descriptor_ = -1;
};

}  // namespace mlr3libtorch::io
