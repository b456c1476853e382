#pragma once

#include <string>

namespace mlr3libtorch::io {

/// Refuses what is not a whole zip archive with a TorchScript module, before a reader that trusts its input sees it.
/// Every record is where the central directory says, one after the other from the first byte on; its two headers
/// agree; its content is stored or deflated and has the size and the CRC-32 that it should have. So any damage is
/// found; a carefully forged file is not, and is code anyway. `name` is the file in errors
/// (base::FileError).
void check_script_archive(const std::string& bytes, const std::string& name);

}  // namespace mlr3libtorch::io
