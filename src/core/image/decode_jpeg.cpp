#include <array>
#include <csetjmp>
#include <cstdio>  // before jpeglib.h, which needs FILE
#include <jpeglib.h>
#include <jerror.h>
#include <stdexcept>

#include "core/image/decoders.h"

namespace mlr3libtorch::image {
namespace {

// libjpeg leaves an error by a jump. The functions that it jumps back to, open_jpeg() and read_jpeg(), hold no object
// with a destructor, and neither does anything between them and libjpeg.

struct JpegErrors {
  jpeg_error_mgr base;
  std::jmp_buf escape;
  std::array<char, JMSG_LENGTH_MAX> message;
};

[[noreturn]] void leave_jpeg(j_common_ptr info) {
  auto* errors = reinterpret_cast<JpegErrors*>(info->err);
  errors->base.format_message(info, errors->message.data());
  std::longjmp(errors->escape, 1);  // NOLINT(cert-err52-cpp)
}

/// libjpeg fills in what is missing in a damaged file and only warns; other warnings are harmless.
void hear_jpeg(j_common_ptr info, int level) {
  if (level >= 0) return;
  switch (info->err->msg_code) {
    case JWRN_JPEG_EOF:
    case JWRN_HIT_MARKER:
    case JWRN_HUFF_BAD_CODE:
    case JWRN_MUST_RESYNC:
      leave_jpeg(info);
    default:
      return;
  }
}

struct JpegFile {
  jpeg_decompress_struct info{};
  JpegErrors errors{};

  JpegFile() = default;
  JpegFile(const JpegFile&) = delete;
  JpegFile& operator=(const JpegFile&) = delete;
  ~JpegFile() { jpeg_destroy_decompress(&info); }
};

bool open_jpeg(JpegFile& file, const unsigned char* bytes, unsigned long size) {
  file.info.err = jpeg_std_error(&file.errors.base);
  file.errors.base.error_exit = leave_jpeg;
  file.errors.base.emit_message = hear_jpeg;
  if (setjmp(file.errors.escape) != 0) return false;  // NOLINT(cert-err52-cpp)
  jpeg_create_decompress(&file.info);
  jpeg_mem_src(&file.info, bytes, size);
  jpeg_read_header(&file.info, TRUE);
  file.info.out_color_space = file.info.num_components == 1 ? JCS_GRAYSCALE : JCS_RGB;
  return true;
}

bool read_jpeg(JpegFile& file, unsigned char* pixels, std::size_t row_bytes) {
  if (setjmp(file.errors.escape) != 0) return false;  // NOLINT(cert-err52-cpp)
  jpeg_start_decompress(&file.info);
  while (file.info.output_scanline < file.info.output_height) {
    JSAMPROW row = pixels + file.info.output_scanline * row_bytes;
    jpeg_read_scanlines(&file.info, &row, 1);
  }
  jpeg_finish_decompress(&file.info);
  return true;
}

}  // namespace

Decoded decode_jpeg(const FileBytes& bytes) {
  JpegFile file;
  if (!open_jpeg(file, bytes.data(), bytes.size())) throw std::runtime_error(file.errors.message.data());
  const int components = file.info.num_components;
  if (components != 1 && components != 3) {
    throw std::runtime_error("it is a JPEG file in CMYK colours; save it in RGB colours");
  }
  Decoded decoded{components, file.info.image_height, file.info.image_width};
  check_picture_size(decoded.height, decoded.width);
  const auto row_bytes = static_cast<std::size_t>(decoded.width * decoded.channels);
  decoded.pixels.resize(row_bytes * static_cast<std::size_t>(decoded.height));
  if (!read_jpeg(file, decoded.pixels.data(), row_bytes)) throw std::runtime_error(file.errors.message.data());
  return decoded;
}

}  // namespace mlr3libtorch::image
