#pragma once

#include <mlr3libtorch/abi.h>

namespace mlr3libtorch::callback {

/// What the package does for compiled callbacks. No exception leaves a service: it is kept in the session.
const abi::Services& services();

}  // namespace mlr3libtorch::callback
