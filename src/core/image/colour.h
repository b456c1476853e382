#pragma once

#include "core/image/picture.h"

namespace mlr3libtorch::image {

// As torchvision defines them for pictures with values from 0 to 1, which the results stay within.
// A factor of 1 changes nothing. Grey pictures have neither saturation nor hue.

/// 0 gives black.
void adjust_brightness(Picture& picture, double factor);
/// 0 gives the mean of the picture's grey values everywhere.
void adjust_contrast(Picture& picture, double factor);
/// 0 gives a grey picture.
void adjust_saturation(Picture& picture, double factor);
/// Turns the circle of colours by `shift`, a share of it.
void adjust_hue(Picture& picture, double shift);

/// 0.2989 red + 0.587 green + 0.114 blue, in each of `channels`; a grey picture is copied.
void to_grey(Picture& picture, std::int64_t channels);

}  // namespace mlr3libtorch::image
