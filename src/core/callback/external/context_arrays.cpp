#include <ATen/ATen.h>

#include <algorithm>

#include "core/base/error.h"
#include "core/callback/external/context_access.h"

namespace mlr3libtorch::callback {
namespace {

std::size_t checked_index(std::int64_t index, std::size_t count, const char* what) {
  if (index >= 0 && index < static_cast<std::int64_t>(count)) return static_cast<std::size_t>(index);
  throw base::Error("argument",
                    std::string("There is no ") + what + " " + std::to_string(index) +
                        "; they count from 0 and there are " + std::to_string(count) + " now.",
                    {{"argument", std::string("index")}});
}

abi::ElementType element_type(const at::Tensor& tensor) {
  switch (tensor.scalar_type()) {
    case at::kFloat:
      return abi::kFloat32;
    case at::kDouble:
      return abi::kFloat64;
    case at::kLong:
      return abi::kInt64;
    default:
      return abi::kOtherType;
  }
}

abi::Array lend(abi::Session& session, const at::Tensor& tensor, const char* name = nullptr) {
  if (!tensor.defined()) throw base::Error("callback", "This array does not exist in this stage.");
  if (!tensor.device().is_cpu()) {
    throw base::Error("callback", "A compiled callback reads the memory of the CPU, and this array is on '" +
                                      tensor.device().str() + "'; train with device = \"cpu\".");
  }
  session.tensors.push_back(tensor.contiguous());
  const auto& lent = session.tensors.back();
  return {lent.data_ptr(), lent.numel(), lent.sizes().data(), lent.dim(), name, element_type(lent)};
}

/// A batch may be a view of the whole data set, so what will be written to is copied, once a stage. What was lent to be
/// read is no copy.
abi::Array lend_writable(abi::Session& session, at::Tensor& tensor, const char* name = nullptr) {
  auto& own = session.writable;
  const auto is_own = [&](const at::Tensor& other) { return other.is_same(tensor); };
  if (tensor.defined() && std::none_of(own.begin(), own.end(), is_own)) {
    tensor = tensor.clone(at::MemoryFormat::Contiguous);
    own.push_back(tensor);
  }
  return lend(session, tensor, name);
}

/// If the step is compiled, they are in flat memory only if somebody asked for that stage.
at::Tensor gradients_of(Context& context) {
  if (!context.running || context.running->stage != Stage::kAfterBackward) {
    throw base::Error("callback", "Gradients can be read and changed in on_after_backward only.");
  }
  context.network.collect_gradients();
  return context.network.memory().gradients;
}

abi::Array lend_parameter(abi::Session& session, const at::Tensor& flat, std::int64_t index) {
  const auto& network = session.context->network;
  const auto& ranges = network.memory().ranges;
  const auto position = checked_index(index, ranges.size(), "parameter");
  const auto& range = ranges[position];
  const auto part = flat.narrow(0, range.offset, range.length).view(network.parameters()[position].second.sizes());
  return lend(session, part, range.name.c_str());
}

/// A batch's input as a tensor, also if it comes in codes.
at::Tensor& input_at(Context& context, std::size_t index) {
  context.batch.expand();
  return context.batch.x[index];
}

/// LibTorch does not see what is written through a pointer, so the codes cannot be trusted any more.
at::Tensor& writable_input_at(Context& context, std::size_t index) {
  auto& x = input_at(context, index);
  if (data::in_codes(context.batch.codes, index)) context.batch.codes[index] = {};
  return x;
}

const char* input_name(const Context& context, std::size_t index) { return context.network.inputs()[index].c_str(); }

}  // namespace

abi::Array lend_array(abi::Session& session, abi::ArrayKind kind, std::int64_t index) {
  auto& context = *session.context;
  const auto input = [&] { return checked_index(index, context.batch.x.size(), "input"); };
  switch (kind) {
    case abi::kWeights:
      return lend(session, context.network.memory().values);
    case abi::kGradients:
      return lend(session, gradients_of(context));
    case abi::kParameter:
      return lend_parameter(session, context.network.memory().values, index);
    case abi::kGradient:
      return lend_parameter(session, gradients_of(context), index);
    case abi::kInput:
      return lend(session, input_at(context, input()), input_name(context, input()));
    case abi::kTarget:
      return lend(session, context.batch.y);
    case abi::kOutput:
      return lend(session, context.y_hats[checked_index(index, context.y_hats.size(), "output")]);
    case abi::kWritableInput:
      return lend_writable(session, writable_input_at(context, input()), input_name(context, input()));
    case abi::kWritableTarget:
      session.has_lent_target = true;
      return lend_writable(session, context.batch.y);
    default:
      throw base::Error("internal", "A compiled callback asked for an array that does not exist.");
  }
}

}  // namespace mlr3libtorch::callback
