#include "core/io/safetensors_stream.h"

#include <c10/util/Exception.h>

#include <utility>
#include <vector>

#include "core/io/sealed_header.h"

namespace mlr3libtorch::io {

SafetensorsStream::SafetensorsStream(const std::string& path, Header header)
    : header_(std::move(header)), text_(format_header(header_)), first_size_(header_.entries.front().end), file_(path) {
  check_header_size(text_, path);
  const std::vector<char> room(kLengthBytes + text_.size() + first_size_);
  file_.write(room.data(), room.size());
}

void SafetensorsStream::append(const void* bytes, std::size_t size) {
  file_.write(bytes, size);
  rest_.update(bytes, size);
  rest_size_ += size;
}

void SafetensorsStream::commit(const void* first) {
  TORCH_INTERNAL_ASSERT(first_size_ + rest_size_ == header_.data_size(), "a file has other tensors than its header");
  auto checksum = start_checksum(text_);
  checksum.update(first, first_size_);
  checksum.append(rest_, rest_size_);
  text_.replace(kDigitsPosition, Checksum::kDigits, checksum.digits());
  const std::uint64_t length = text_.size();
  file_.overwrite(0, &length, kLengthBytes);
  file_.overwrite(kLengthBytes, text_.data(), text_.size());
  file_.overwrite(kLengthBytes + text_.size(), first, first_size_);
  file_.commit();
}

}  // namespace mlr3libtorch::io
