#include "core/parallel/roll_call.h"

#include <ATen/core/Generator.h>
#include <torch/csrc/distributed/c10d/FileStore.hpp>

#include <filesystem>
#include <functional>
#include <sstream>
#include <thread>
#include <vector>

namespace mlr3libtorch::parallel {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::milliseconds kBetweenLooks{10};
/// How much later than others a worker may notice that the run has failed.
constexpr std::chrono::seconds kGrace{3};
/// Instead of a number of stores, the last of which would remove the file.
constexpr int kKeepsFile = -1;
/// The reason of a worker that leaves because another one did.
const std::string kFollows = "follows";

std::vector<std::uint8_t> bytes_of(const std::string& text) { return {text.begin(), text.end()}; }

std::string text_of(const std::vector<std::uint8_t>& bytes) { return {bytes.begin(), bytes.end()}; }

std::string key(const std::string& what, int worker) { return what + "/" + std::to_string(worker); }

/// Of messages: the first worker is 1.
std::string name_of(int worker) { return "worker " + std::to_string(worker + 1); }

std::string names_of(const std::vector<int>& workers) {
  std::string names = workers.size() == 1 ? "worker " : "workers ";
  for (const auto worker : workers) names += (worker == workers.front() ? "" : ", ") + std::to_string(worker + 1);
  return names;
}

base::Error workers_error(const std::string& message, const std::vector<int>& workers) {
  std::vector<std::string> numbers;
  for (const auto worker : workers) numbers.push_back(std::to_string(worker + 1));
  return {"workers", message, {{"workers", numbers}}};
}

/// A line for each fact.
std::string lines_of(const std::map<std::string, std::string>& facts) {
  std::ostringstream lines;
  for (const auto& [name, value] : facts) lines << name << '\t' << value << '\n';
  return lines.str();
}

std::map<std::string, std::string> facts_of(const std::string& lines) {
  std::map<std::string, std::string> facts;
  std::istringstream input(lines);
  for (std::string name, value; std::getline(input, name, '\t') && std::getline(input, value);) facts[name] = value;
  return facts;
}

/// False if that was not so in time.
bool wait_until(const std::function<bool()>& is_so, Clock::duration timeout, base::Interrupt& interrupt) {
  const auto end = Clock::now() + timeout;
  while (!is_so()) {
    interrupt.check();
    if (Clock::now() > end) return false;
    std::this_thread::sleep_for(kBetweenLooks);
  }
  return true;
}

std::string upper_first(std::string text) {
  text.front() = static_cast<char>(std::toupper(static_cast<unsigned char>(text.front())));
  return text;
}

}  // namespace

RollCall::RollCall(const Meeting& meeting)
    : meeting_(meeting), store_(c10::make_intrusive<c10d::FileStore>(meeting.path, kKeepsFile)) {}

void RollCall::come(base::Interrupt& interrupt) {
  store_->set(key("come", meeting_.rank), bytes_of(lines_of(meeting_.facts)));
  std::vector<int> missing;
  const auto all_are_here = [&] {
    missing.clear();
    if (!is_open()) throw failed("the meeting was given up");
    for (int worker = 0; worker < meeting_.size; ++worker) {
      if (has_come(worker)) {
        check_facts(worker);
      } else {
        missing.push_back(worker);
      }
      if (has_left(worker)) throw failed(name_of(worker) + " has left");
    }
    return missing.empty();
  };
  if (!wait_until(all_are_here, meeting_.arrival, interrupt)) {
    leave(kFollows);
    throw workers_error(upper_first(names_of(missing)) + " did not come within " +
                            std::to_string(meeting_.arrival.count() / 1000) + " seconds.",
                        missing);
  }
}

bool RollCall::is_open() const { return std::filesystem::exists(meeting_.path); }

/// The store waits for a file that is gone.
bool RollCall::has(const std::string& key) { return is_open() && store_->check({key}); }

bool RollCall::has_come(int worker) { return has(key("come", worker)); }

void RollCall::check_facts(int worker) {
  const auto theirs = facts_of(text_of(store_->get(key("come", worker))));
  for (const auto& [name, value] : meeting_.facts) {
    const auto found = theirs.find(name);
    const auto other = found == theirs.end() ? "nothing" : found->second;
    if (other == value) continue;
    leave(kFollows);
    std::ostringstream message;
    message << "The workers do not fit together: the " << name << " of " << name_of(worker) << " is " << other
            << ", that of " << name_of(meeting_.rank) << " is " << value << ".";
    throw workers_error(message.str(), {worker});
  }
}

std::int64_t RollCall::token() {
  const std::string name = "token";
  if (meeting_.rank == 0) store_->set(name, bytes_of(std::to_string(c10::detail::getNonDeterministicRandom())));
  return static_cast<std::int64_t>(std::stoull(text_of(store_->get(name))));
}

void RollCall::leave(const std::string& reason) {
  if (has_left_) return;
  has_left_ = true;
  if (std::filesystem::exists(std::filesystem::path(meeting_.path).parent_path()))
    store_->set(key("left", meeting_.rank), bytes_of(reason));
}

bool RollCall::is_complete() {
  bool is_complete = is_open();
  for (int worker = 0; worker < meeting_.size; ++worker) is_complete = is_complete && !has_left(worker);
  return is_complete;
}

bool RollCall::has_left(int worker) { return has(key("left", worker)); }

std::string RollCall::why_left(int worker) {
  return has_left(worker) ? text_of(store_->get(key("left", worker))) : std::string();
}

std::vector<int> RollCall::silent_workers() {
  std::vector<int> silent;
  const auto all_have_spoken = [&] {
    silent.clear();
    for (int worker = 0; worker < meeting_.size; ++worker) {
      if (!has_left(worker)) silent.push_back(worker);
    }
    return silent.empty();
  };
  base::Interrupt none;
  wait_until(all_have_spoken, kGrace, none);
  return silent;
}

base::Error RollCall::failed(const std::string& failure) {
  if (!is_open()) return workers_error("The run has ended: its first worker is gone.", {0});
  leave(kFollows);
  const auto silent = silent_workers();
  for (int worker = 0; worker < meeting_.size; ++worker) {
    const auto reason = why_left(worker);
    if (reason.empty() || reason == kFollows) continue;
    return workers_error("The run has ended because " + name_of(worker) + " has left it: " + reason, {worker});
  }
  if (silent.empty()) {
    return workers_error(
        "The exchange between the workers has failed, perhaps because R code of one of them took "
        "longer than the others wait; then raise torch_workers(timeout = ). " +
            failure,
        {});
  }
  return workers_error(upper_first(names_of(silent)) +
                           (silent.size() == 1 ? " has ended, hangs" : " have ended, hang") +
                           " or cannot be reached any more, so the run has ended.",
                       silent);
}

}  // namespace mlr3libtorch::parallel
