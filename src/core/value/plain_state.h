#pragma once

#include <ATen/core/Tensor.h>
#include <ATen/core/ivalue.h>

#include <cstdint>
#include <string>
#include <vector>

// States are dictionaries of plain values. A host language may return one in another form than it got: R has no 64-bit
// integers and does not tell a number from a list of one. So a state is read by the meaning of its values.
// Whatever does not fit throws a `base::Error` of kind "state" that names the field.
namespace mlr3libtorch::value {

using Dictionary = c10::impl::GenericDict;

Dictionary make_dictionary();
c10::impl::GenericList make_list();

/// An empty unnamed list counts as an empty dictionary.
Dictionary read_dictionary(const c10::IValue& value, const std::string& what);
/// A list of anything, or a single value as a list of one.
std::vector<c10::IValue> read_list(const c10::IValue& value);
std::vector<std::string> read_strings(const c10::IValue& value, const std::string& what);
/// Whole numbers, given as integers or as floating point numbers.
std::vector<std::int64_t> read_integers(const c10::IValue& value, const std::string& what);
/// Numbers, given as integers or as floating point numbers.
std::vector<double> read_numbers(const c10::IValue& value, const std::string& what);
std::vector<at::Tensor> read_tensors(const c10::IValue& value, const std::string& what);

/// The field `name` of `state`, which is the state of `owner`. Tensors, texts and lists are shared, not copied.
c10::IValue field(const Dictionary& state, const std::string& name, const std::string& owner);
/// The field `name` as one whole number that is at least 0.
std::int64_t read_count(const Dictionary& state, const std::string& name, const std::string& owner);

}  // namespace mlr3libtorch::value
