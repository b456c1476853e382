#include "core/parallel/meeting.h"

#include <ATen/ATen.h>
#include <net/if.h>
#include <torch/csrc/distributed/c10d/PrefixStore.hpp>
#include <torch/csrc/distributed/c10d/ProcessGroupGloo.hpp>

#include <thread>
#include <utility>
#include <vector>

#include "core/base/error.h"
#include "core/parallel/roll_call.h"
#include "core/parallel/shared_memory.h"

namespace mlr3libtorch::parallel {
namespace {

using Group = c10d::ProcessGroupGloo;
using Work = c10::intrusive_ptr<c10d::Work>;

/// Between two looks at the interrupt.
constexpr std::chrono::milliseconds kPatience{20};

/// False if it is not done yet. Throws what has made it fail.
bool is_done(c10d::Work& work) {
  try {
    return work.wait(kPatience);
  } catch (const std::exception&) {
    // It may have become so since the time was up.
    return work.isCompleted() && work.wait();
  }
}

void wait_for(c10d::Work& work, RollCall& roll_call, base::Interrupt& interrupt) {
  const auto is_over = [&] {
    try {
      return is_done(work);
    } catch (const std::exception& failure) {
      throw roll_call.failed(failure.what());
    }
  };
  while (!is_over()) interrupt.check();
}

class GlooSum : public Pending {
 public:
  GlooSum(Work work, std::shared_ptr<RollCall> roll_call) : work_(std::move(work)), roll_call_(std::move(roll_call)) {}
  void wait(base::Interrupt& interrupt) override { wait_for(*work_, *roll_call_, interrupt); }

 private:
  Work work_;
  std::shared_ptr<RollCall> roll_call_;
};

/// Done when it is waited for: all workers wait for their sums in the same order.
class SharedSum : public Pending {
 public:
  SharedSum(at::Tensor tensor, std::shared_ptr<SharedMemory> memory, std::shared_ptr<RollCall> roll_call)
      : tensor_(std::move(tensor)), memory_(std::move(memory)), roll_call_(std::move(roll_call)) {}

  void wait(base::Interrupt& interrupt) override {
    const auto started = std::chrono::steady_clock::now();
    const auto look = [&] {
      interrupt.check();
      return roll_call_->is_complete() && memory_->all_live() &&
             std::chrono::steady_clock::now() - started < roll_call_->timeout();
    };
    if (!memory_->add_up(tensor_, look)) throw roll_call_->failed("a sum in shared memory did not come to its end");
  }

 private:
  at::Tensor tensor_;
  std::shared_ptr<SharedMemory> memory_;
  std::shared_ptr<RollCall> roll_call_;
};

bool is_interface(const std::string& name) { return if_nametoindex(name.c_str()) != 0; }

std::shared_ptr<::gloo::transport::Device> listen(const std::string& address, RollCall& roll_call) {
  try {
    return is_interface(address) ? Group::createDeviceForInterface(address) : Group::createDeviceForHostname(address);
  } catch (const c10::Error& failure) {
    const auto message =
        "A worker cannot listen at '" + address + "': " + std::string(failure.what_without_backtrace());
    roll_call.leave(message);
    throw base::ConfigError(message, {{"argument", std::string("host")}});
  }
}

c10::intrusive_ptr<Group> connect(const Meeting& meeting, RollCall& roll_call) {
  const auto options = Group::Options::create(meeting.timeout);
  options->devices.push_back(listen(meeting.address, roll_call));
  try {
    return c10::make_intrusive<Group>(c10::make_intrusive<c10d::PrefixStore>("gloo", roll_call.store()), meeting.rank,
                                      meeting.size, options);
  } catch (const std::exception& failure) {
    throw roll_call.failed(failure.what());
  }
}

class GlooExchange : public Exchange {
 public:
  GlooExchange(const Meeting& meeting, std::shared_ptr<RollCall> roll_call)
      : rank_(meeting.rank),
        size_(meeting.size),
        roll_call_(std::move(roll_call)),
        group_(connect(meeting, *roll_call_)) {}

  /// Gloo's threads end when what they wait for comes or is given up, so they are left to end by themselves.
  ~GlooExchange() override {
    try {
      roll_call_->leave("it was told to end.");
    } catch (const std::exception&) {
      // The file cannot be written any more, and the others see that the connection is closed.
    }
    std::thread([group = std::move(group_)]() mutable { group.reset(); }).detach();
  }
  GlooExchange(const GlooExchange&) = delete;
  GlooExchange& operator=(const GlooExchange&) = delete;

  int rank() const override { return rank_; }
  int size() const override { return size_; }

  std::unique_ptr<Pending> begin_sum(const at::Tensor& tensor) override {
    if (memory_ != nullptr && memory_->takes(tensor)) {
      return std::make_unique<SharedSum>(tensor, memory_, roll_call_);
    }
    std::vector<at::Tensor> tensors{tensor};
    return std::make_unique<GlooSum>(group_->allreduce(tensors), roll_call_);
  }

  at::Tensor share(std::int64_t numbers, base::Interrupt& interrupt) override {
    memory_ = SharedMemory::make(*this, numbers, interrupt);
    return memory_ != nullptr ? memory_->own() : at::Tensor();
  }

  void broadcast(const at::Tensor& tensor, base::Interrupt& interrupt) override {
    std::vector<at::Tensor> tensors{tensor};
    wait_for(*group_->broadcast(tensors), *roll_call_, interrupt);
  }

  at::Tensor gather(const at::Tensor& tensor, base::Interrupt& interrupt) override {
    auto sizes = tensor.sizes().vec();
    sizes.insert(sizes.begin(), size_);
    auto all = at::empty(sizes, tensor.options());
    std::vector<std::vector<at::Tensor>> outputs{all.unbind()};
    std::vector<at::Tensor> inputs{tensor};
    wait_for(*group_->allgather(outputs, inputs), *roll_call_, interrupt);
    return all;
  }

  void leave(const std::string& reason) override { roll_call_->leave(reason); }

 private:
  int rank_, size_;
  std::shared_ptr<RollCall> roll_call_;
  c10::intrusive_ptr<Group> group_;
  std::shared_ptr<SharedMemory> memory_;
};

/// Refuses a stranger who was quicker than a worker to connect.
void check_strangers(Exchange& exchange, RollCall& roll_call, base::Interrupt& interrupt) {
  const auto token = at::full({1}, roll_call.token(), at::kLong);
  const auto tokens = exchange.gather(token, interrupt);
  if (at::equal(tokens, token.expand_as(tokens))) return;
  throw roll_call.failed("somebody else has connected to them");
}

}  // namespace

std::unique_ptr<Exchange> meet(const Meeting& meeting, base::Interrupt& interrupt) {
  auto roll_call = std::make_shared<RollCall>(meeting);
  roll_call->come(interrupt);
  auto exchange = std::make_unique<GlooExchange>(meeting, roll_call);
  check_strangers(*exchange, *roll_call, interrupt);
  return exchange;
}

void refuse(const Meeting& meeting, const std::string& reason) { RollCall(meeting).leave(reason); }

bool can_meet() { return true; }

}  // namespace mlr3libtorch::parallel
