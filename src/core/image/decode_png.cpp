#include <png.h>

#include <algorithm>
#include <array>
#include <csetjmp>
#include <cstring>
#include <new>
#include <stdexcept>

#include "core/image/decoders.h"

namespace mlr3libtorch::image {
namespace {

// libpng leaves an error by a jump, as libjpeg does: open_png() and read_png() hold no object with a destructor.

struct PngFile {
  png_structp png = nullptr;
  png_infop info = nullptr;
  const unsigned char* next = nullptr;
  std::size_t left = 0;
  /// An interlaced file is read several times.
  int passes = 1;
  std::array<char, 200> message{};

  PngFile() = default;
  PngFile(const PngFile&) = delete;
  PngFile& operator=(const PngFile&) = delete;
  ~PngFile() { png_destroy_read_struct(&png, &info, nullptr); }
};

[[noreturn]] void leave_png(png_structp png, png_const_charp message) {
  auto* file = static_cast<PngFile*>(png_get_error_ptr(png));
  std::strncpy(file->message.data(), message, file->message.size() - 1);
  png_longjmp(png, 1);
}

void ignore_png_warning(png_structp /*png*/, png_const_charp /*message*/) {}

void read_png_bytes(png_structp png, png_bytep to, png_size_t size) {
  auto* file = static_cast<PngFile*>(png_get_io_ptr(png));
  if (size > file->left) png_error(png, "the file ends too early");
  std::memcpy(to, file->next, size);
  file->next += size;
  file->left -= size;
}

bool open_png(PngFile& file) {
  if (setjmp(png_jmpbuf(file.png)) != 0) return false;  // NOLINT(cert-err52-cpp)
  png_set_read_fn(file.png, &file, read_png_bytes);
  png_read_info(file.png, file.info);
  png_set_expand(file.png);
  png_set_scale_16(file.png);
  file.passes = png_set_interlace_handling(file.png);
  png_read_update_info(file.png, file.info);
  return true;
}

bool read_png(PngFile& file, unsigned char* pixels, std::size_t row_bytes, std::int64_t rows) {
  if (setjmp(png_jmpbuf(file.png)) != 0) return false;  // NOLINT(cert-err52-cpp)
  for (int pass = 0; pass < file.passes; ++pass) {
    for (std::int64_t row = 0; row < rows; ++row) {
      png_read_row(file.png, pixels + static_cast<std::size_t>(row) * row_bytes, nullptr);
    }
  }
  png_read_end(file.png, nullptr);
  return true;
}

}  // namespace

Decoded decode_png(const FileBytes& bytes) {
  PngFile file;
  file.next = bytes.data();
  file.left = bytes.size();
  file.png = png_create_read_struct(PNG_LIBPNG_VER_STRING, &file, leave_png, ignore_png_warning);
  if (file.png == nullptr) throw std::bad_alloc();
  file.info = png_create_info_struct(file.png);
  if (file.info == nullptr) throw std::bad_alloc();
  if (!open_png(file)) throw std::runtime_error(file.message.data());
  Decoded decoded{png_get_channels(file.png, file.info), png_get_image_height(file.png, file.info),
                  png_get_image_width(file.png, file.info)};
  check_picture_size(decoded.height, decoded.width);
  const auto row_bytes = png_get_rowbytes(file.png, file.info);
  decoded.pixels.resize(row_bytes * static_cast<std::size_t>(decoded.height));
  if (!read_png(file, decoded.pixels.data(), row_bytes, decoded.height)) {
    throw std::runtime_error(file.message.data());
  }
  return decoded;
}

}  // namespace mlr3libtorch::image
