#pragma once

#include <map>
#include <string>

#include "core/network/network.h"

namespace mlr3libtorch::network {

/// A network as the content of a TorchScript file, which Python and C++ load without this package: what it computes
/// outside of training, on the CPU, for any number of rows. Parameters and buffers keep their names, a dot in which
/// leads into a module. With several outputs it returns a tuple.
/// `notes`: texts that are kept in the file by name (TorchScript calls them extra files).
///
/// The network is traced with two numbers of rows; whatever differs between the traces is made to follow the input's.
/// The result is loaded and compared with the network for a third number. Throws base::Error of kind "export" if a node
/// cannot be written or would compute something else.
std::string exported_module(const Network& network, const std::map<std::string, std::string>& notes);

}  // namespace mlr3libtorch::network
