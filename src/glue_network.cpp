#include <optional>

#include "core/io/atomic_file.h"
#include "core/io/zip.h"
#include "core/network/exported_module.h"
#include "core/train/predict.h"
#include "core/train/find_device.h"
#include "core/train/generator.h"
#include "glue/convert.h"
#include "glue/convert_spec.h"
#include "glue/guard.h"
#include "glue/index_base.h"
#include "glue/r_forward_hook.h"
#include "glue/r_interrupt.h"
#include "glue/run_handle.h"
#include "glue/tensor_handle.h"

namespace mlr3libtorch::glue {
namespace {

std::map<std::string, at::Tensor> to_named_tensors(SEXP value, const std::string& what) {
  const auto list = to_list(value, what);
  std::map<std::string, at::Tensor> tensors;
  const auto names = element_names(list, what);
  for (R_xlen_t i = 0; i < list.size(); ++i) {
    const SEXP tensor = list[i];
    tensors[names[i]] = is_plain_tensor(tensor) ? plain_to_tensor(tensor) : unwrap_tensor(tensor);
  }
  return tensors;
}

std::vector<std::string> to_strings_or_none(SEXP value, const std::string& what) {
  return Rf_isNull(value) ? std::vector<std::string>{} : to_strings(value, what);
}

}  // namespace
}  // namespace mlr3libtorch::glue

using namespace mlr3libtorch;
using namespace mlr3libtorch::glue;

// [[Rcpp::export(rng = false)]]
SEXP core_generator_create(SEXP seed) {
  return guard([&] {
    std::optional<std::uint64_t> number;
    if (!Rf_isNull(seed)) number = static_cast<std::uint64_t>(to_int(seed, "seed"));
    return GeneratorHandle::make(std::make_shared<at::Generator>(train::make_generator(number)));
  });
}

// [[Rcpp::export(rng = false)]]
SEXP core_network_create(SEXP spec, SEXP example, SEXP generator) {
  return guard([&] {
    const auto parsed = to_spec(spec);
    const auto inputs = to_tensors(example, parsed.inputs, "example batch");
    return NetworkHandle::make(std::make_shared<network::Network>(parsed, inputs, GeneratorHandle::get(generator)));
  });
}

// [[Rcpp::export(rng = false)]]
SEXP core_network_parameters(SEXP network) {
  return guard([&]() -> SEXP { return named_tensors_to_r(NetworkHandle::get(network).parameters()); });
}

// [[Rcpp::export(rng = false)]]
SEXP core_network_buffers(SEXP network) {
  return guard([&]() -> SEXP { return named_tensors_to_r(NetworkHandle::get(network).buffers()); });
}

// The shape of each input and node, without the rows.
// [[Rcpp::export(rng = false)]]
SEXP core_network_shapes(SEXP network) {
  return guard([&]() -> SEXP {
    const auto& built = NetworkHandle::get(network);
    Rcpp::List shapes;
    for (std::size_t i = 0; i < built.shapes().size(); ++i) {
      const auto is_input = i < built.inputs().size();
      const auto& id = is_input ? built.inputs()[i] : built.nodes()[i - built.inputs().size()].id;
      const auto& sizes = built.shapes()[i].sizes;
      shapes[id] = Rcpp::NumericVector(sizes.begin(), sizes.end());
    }
    return shapes;
  });
}

// [[Rcpp::export(rng = false)]]
SEXP core_network_load(SEXP network, SEXP values) {
  return guard([&] {
    NetworkHandle::get(network).load(to_named_tensors(values, "weights"));
    return network;
  });
}

// What nodes, or the outputs unless `nodes` are named, give for one batch: list of tensors. `inputs` may be without
// names.
// [[Rcpp::export(rng = false)]]
SEXP core_network_forward(SEXP network, SEXP inputs, SEXP nodes) {
  return guard([&]() -> SEXP {
    const auto shared = NetworkHandle::share(network);
    auto list = Rcpp::clone(to_list(inputs, "inputs"));
    const auto& names = shared->inputs();
    if (Rf_isNull(list.names()) && static_cast<std::size_t>(list.size()) == names.size()) list.names() = names;
    std::vector<std::size_t> wanted;
    for (const auto& id : to_strings_or_none(nodes, "nodes")) wanted.push_back(shared->position(id));
    network::ForwardMode mode;
    mode.training = shared->is_training();
    const auto x = to_tensors(list, names, "inputs");
    Rcpp::List values;
    for (const auto& value : wanted.empty() ? shared->forward(x, mode) : shared->forward(x, mode, wanted)) {
      values.push_back(wrap_tensor(classes_to_r(value)));
    }
    return values;
  });
}

// Whether calls compute as in training, after setting it unless `training` is NULL.
// [[Rcpp::export(rng = false)]]
SEXP core_network_training(SEXP network, SEXP training) {
  return guard([&] {
    auto& built = NetworkHandle::get(network);
    if (!Rf_isNull(training)) built.set_training(to_bool(training, "training"));
    return Rf_ScalarLogical(built.is_training());
  });
}

// Calls `hook(inputs, outputs)`, lists of tensors, whenever the network computes the node, or with an empty `node` all
// of itself. Returns the key for core_network_unhook().
// [[Rcpp::export(rng = false)]]
SEXP core_network_hook(SEXP network, SEXP node, SEXP hook) {
  return guard([&] {
    const auto shared = NetworkHandle::share(network);
    const auto id = to_string(node, "node");
    if (!id.empty()) shared->position(id);
    if (!Rf_isFunction(hook)) refuse_value("hook", "a function", hook);
    return to_r(static_cast<std::int64_t>(shared->hooks().add(id, forward_hook(network, hook))));
  });
}

// [[Rcpp::export(rng = false)]]
SEXP core_network_unhook(SEXP network, SEXP key) {
  return guard([&] {
    NetworkHandle::get(network).hooks().remove(static_cast<std::size_t>(to_int(key, "key")));
    return R_NilValue;
  });
}

// The first output for all rows; with `draws`, that many times with dropout from `generator`. `precision`: of the
// matrix products.
// [[Rcpp::export(rng = false)]]
SEXP core_network_predict(SEXP network, SEXP x, SEXP batch_size, SEXP device, SEXP precision, SEXP draws,
                          SEXP generator) {
  return guard([&] {
    const auto shared = NetworkHandle::share(network);
    const auto rows = to_int_from(batch_size, "batch_size", 1);
    shared->to(train::find_device(to_string(device, "device")));
    const auto numbers = kernel::parse_precision(to_string(precision, "precision"));
    RInterrupt interrupt;
    const auto inputs = to_inputs(x, shared->inputs(), "x");
    if (Rf_isNull(draws)) {
      return wrap_tensor(train::predict(*shared, inputs.x, rows, interrupt, inputs.codes, numbers));
    }
    const auto times = to_int_from(draws, "draws", 1);
    return wrap_tensor(train::predict_draws(*shared, inputs.x, rows, times, GeneratorHandle::get(generator), interrupt,
                                            inputs.codes, numbers));
  });
}

// The network as a TorchScript file; `notes`: named strings that the file keeps.
// [[Rcpp::export(rng = false)]]
SEXP core_network_export(SEXP network, SEXP path, SEXP notes) {
  return guard([&] {
    const auto target = to_string(path, "path");
    const auto archive = network::exported_module(NetworkHandle::get(network), to_texts(notes, "notes"));
    io::check_script_archive(archive, target);
    io::AtomicFile file(target);
    file.write(archive.data(), archive.size());
    file.commit();
    return R_NilValue;
  });
}
