#include "core/train/optimizer_request.h"

#include <unordered_map>
#include <utility>

#include "core/base/names.h"

namespace mlr3libtorch::train {
namespace {

/// Assigns the parameters of flat memory to groups, each to one.
class GroupDealer {
 public:
  explicit GroupDealer(const value::FlatMemory& memory) : memory_(memory), dealt_(memory.ranges.size(), false) {
    for (const auto& range : memory.ranges) index_.emplace(range.name, index_.size());
  }

  std::vector<std::size_t> take(const std::vector<std::string>& names) {
    std::vector<std::size_t> ranges;
    for (const auto& name : names) ranges.push_back(take(name));
    return ranges;
  }

  std::vector<std::size_t> rest() const {
    std::vector<std::size_t> ranges;
    for (std::size_t i = 0; i < dealt_.size(); ++i) {
      if (!dealt_[i]) ranges.push_back(i);
    }
    return ranges;
  }

 private:
  std::size_t take(const std::string& name) {
    const auto found = index_.find(name);
    if (found == index_.end())
      throw base::UnknownNameError("parameter of the network", name,
                                   base::names_of(memory_.ranges, &value::Range::name));
    const auto range = found->second;
    if (dealt_[range]) throw base::ConfigError("Parameter '" + name + "' is in two groups.", {{"parameter", name}});
    dealt_[range] = true;
    return range;
  }

  const value::FlatMemory& memory_;
  std::unordered_map<std::string, std::size_t> index_;
  std::vector<bool> dealt_;
};

}  // namespace

std::vector<optim::GroupSpec> deal_groups(const OptimizerRequest& request, const value::FlatMemory& memory) {
  GroupDealer dealer(memory);
  std::vector<optim::GroupSpec> groups;
  for (const auto& group : request.groups) {
    auto settings = group.settings;
    settings.insert(request.settings.begin(), request.settings.end());
    groups.push_back({dealer.take(group.parameters), std::move(settings)});
  }
  auto rest = dealer.rest();
  if (!rest.empty() || groups.empty()) groups.push_back({std::move(rest), request.settings});
  return groups;
}

}  // namespace mlr3libtorch::train
