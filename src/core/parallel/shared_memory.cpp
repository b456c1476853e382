#include "core/parallel/shared_memory.h"

#include <ATen/ATen.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstring>
#include <string>
#include <thread>
#include <utility>

namespace mlr3libtorch::parallel {
namespace {

/// A number that is open for reading or writing.
class Descriptor {
 public:
  explicit Descriptor(int number) : number_(number) {}
  ~Descriptor() {
    if (number_ >= 0) close(number_);
  }
  Descriptor(Descriptor&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
  Descriptor& operator=(Descriptor&&) = delete;
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;

  int number() const noexcept { return number_; }
  bool is_open() const noexcept { return number_ >= 0; }

 private:
  int number_;
};

constexpr std::int64_t kCopyBytes = 4096;
constexpr int kCopies = 2;
constexpr std::int64_t kBlock = 1024;  // floats that are added up at once, in the cache

/// What lies before the floats of a part.
struct Head {
  /// How often this worker has come to a meeting.
  std::atomic<std::int64_t> meetings;
  std::int64_t token;
  /// Of small tensors; two, so that one can be written while others still read the one before it.
  std::array<std::array<char, kCopyBytes>, kCopies> copies;
  std::array<float, 1> numbers;
};

std::size_t bytes_of(std::int64_t numbers) { return sizeof(Head) + static_cast<std::size_t>(numbers) * sizeof(float); }

std::shared_ptr<Head> map_memory(int descriptor, std::size_t bytes) {
  auto* const place = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0);
  if (place == MAP_FAILED) return nullptr;
  return {static_cast<Head*>(place), [bytes](Head* head) { munmap(head, bytes); }};
}

int new_memory(std::size_t bytes) {
#ifdef MFD_CLOEXEC
  const int descriptor = memfd_create("mlr3libtorch", MFD_CLOEXEC);
  if (descriptor < 0 || ftruncate(descriptor, static_cast<off_t>(bytes)) == 0) return descriptor;
  close(descriptor);
#endif
  return -1;
}

/// Can be read when the process has ended.
int watch_process(std::int64_t process) {
#ifdef SYS_pidfd_open
  return static_cast<int>(syscall(SYS_pidfd_open, process, 0));
#else
  return -1;
#endif
}

/// A processor's hint that this is a loop which waits.
void pause() {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#endif
}

/// How a worker waits for others, which mostly come within microseconds.
class Patience {
 public:
  void wait() {
    constexpr std::int64_t kPauses = 1000, kYields = 20000;
    ++turns_;
    if (turns_ < kPauses) return pause();
    if (turns_ < kYields) return std::this_thread::yield();
    std::this_thread::sleep_for(std::chrono::microseconds(100));
    is_time_to_look_ = turns_ % 200 == 0;
  }
  bool is_time_to_look() const noexcept { return is_time_to_look_; }

 private:
  std::int64_t turns_ = 0;
  bool is_time_to_look_ = false;
};

}  // namespace

struct SharedMemory::Part {
  std::shared_ptr<Head> head;
  Descriptor process;
};

namespace {

/// Where a worker's memory is: the process, the number of the open file, and what stands in it.
struct Place {
  std::int64_t process = 0;
  std::int64_t descriptor = -1;
  std::int64_t token = 0;
};

std::vector<Place> gather_places(Exchange& exchange, const Place& own, base::Interrupt& interrupt) {
  const auto all = exchange.gather(at::tensor({own.process, own.descriptor, own.token}, at::kLong), interrupt);
  std::vector<Place> places;
  for (int worker = 0; worker < exchange.size(); ++worker) {
    const auto* const numbers = all[worker].data_ptr<std::int64_t>();
    places.push_back({numbers[0], numbers[1], numbers[2]});
  }
  return places;
}

/// Null if it is not there: another machine may have a process and a file of these numbers.
std::shared_ptr<Head> map_part(const Place& place, std::size_t bytes) {
  if (place.descriptor < 0) return nullptr;
  const auto path = "/proc/" + std::to_string(place.process) + "/fd/" + std::to_string(place.descriptor);
  const Descriptor file(open(path.c_str(), O_RDWR | O_CLOEXEC));
  if (!file.is_open() || lseek(file.number(), 0, SEEK_END) != static_cast<off_t>(bytes)) return nullptr;
  auto head = map_memory(file.number(), bytes);
  return head != nullptr && head->token == place.token ? head : nullptr;
}

bool all_agree(Exchange& exchange, bool own, base::Interrupt& interrupt) {
  return exchange.gather(at::tensor({std::int64_t{own}}, at::kLong), interrupt).min().item<std::int64_t>() != 0;
}

}  // namespace

std::unique_ptr<SharedMemory> SharedMemory::make(Exchange& exchange, std::int64_t numbers, base::Interrupt& interrupt) {
  const auto bytes = bytes_of(numbers);
  const Descriptor own(new_memory(bytes));
  const auto head = own.is_open() ? map_memory(own.number(), bytes) : nullptr;
  Place place{getpid(), head == nullptr ? -1 : own.number(),
              static_cast<std::int64_t>(c10::detail::getNonDeterministicRandom())};
  if (head != nullptr) head->token = place.token;
  std::vector<Part> parts;
  for (const auto& other : gather_places(exchange, place, interrupt)) {
    parts.push_back({map_part(other, bytes), Descriptor(watch_process(other.process))});
  }
  const bool is_whole = std::all_of(parts.begin(), parts.end(),
                                    [](const Part& part) { return part.head != nullptr && part.process.is_open(); });
  // After this, nobody opens this worker's file any more.
  if (!all_agree(exchange, is_whole, interrupt)) return nullptr;
  return std::unique_ptr<SharedMemory>(new SharedMemory(exchange.rank(), std::move(parts), numbers));
}

SharedMemory::SharedMemory(int rank, std::vector<Part> parts, std::int64_t numbers)
    : rank_(rank), parts_(std::move(parts)) {
  const auto& head = parts_[static_cast<std::size_t>(rank)].head;
  own_ = at::from_blob(
      head->numbers.data(), {numbers}, [head](void* /*memory*/) {}, at::kFloat);
}

SharedMemory::~SharedMemory() = default;

bool SharedMemory::is_piece(const at::Tensor& tensor) const {
  const auto* const start = own_.data_ptr<float>();
  const auto* const first = static_cast<const float*>(tensor.data_ptr());
  return first >= start && first < start + own_.numel();
}

bool SharedMemory::takes(const at::Tensor& tensor) const {
  if (!tensor.device().is_cpu() || !tensor.is_contiguous()) return false;
  if (is_piece(tensor)) return true;
  const auto type = tensor.scalar_type();
  return (type == at::kFloat || type == at::kDouble) && static_cast<std::int64_t>(tensor.nbytes()) <= kCopyBytes;
}

bool SharedMemory::add_up(const at::Tensor& tensor, const Look& look) {
  if (!is_piece(tensor)) {
    return tensor.scalar_type() == at::kFloat ? add_copies<float>(tensor, look) : add_copies<double>(tensor, look);
  }
  if (!meet(look)) return false;
  add_pieces(tensor.data_ptr<float>() - own_.data_ptr<float>(), tensor.numel());
  return meet(look);
}

bool SharedMemory::meet(const Look& look) {
  ++meetings_;
  parts_[static_cast<std::size_t>(rank_)].head->meetings.store(meetings_, std::memory_order_release);
  Patience patience;
  for (const auto& part : parts_) {
    const auto has_come = [&] { return part.head->meetings.load(std::memory_order_acquire) >= meetings_; };
    while (!has_come()) {
      patience.wait();
      // Who has left may have come before.
      if (patience.is_time_to_look() && !look() && !has_come()) return false;
    }
  }
  return true;
}

void SharedMemory::add_pieces(std::int64_t first, std::int64_t count) {
  const auto workers = static_cast<std::int64_t>(parts_.size());
  const auto end = first + count * (rank_ + 1) / workers;
  std::array<float, kBlock> sums{};
  for (auto i = first + count * rank_ / workers; i < end; i += kBlock) {
    const auto length = std::min(kBlock, end - i);
    std::fill_n(sums.begin(), length, 0.0F);
    for (const auto& part : parts_) {
      const auto* const numbers = part.head->numbers.data() + i;
      for (std::int64_t j = 0; j < length; ++j) sums[static_cast<std::size_t>(j)] += numbers[j];
    }
    for (const auto& part : parts_) std::copy_n(sums.begin(), length, part.head->numbers.data() + i);
  }
}

template <typename Number>
bool SharedMemory::add_copies(const at::Tensor& tensor, const Look& look) {
  const auto slot = copies_++ % kCopies;
  auto* const numbers = tensor.data_ptr<Number>();
  std::memcpy(parts_[static_cast<std::size_t>(rank_)].head->copies[slot].data(), numbers, tensor.nbytes());
  if (!meet(look)) return false;
  std::fill_n(numbers, tensor.numel(), Number{0});
  for (const auto& part : parts_) {
    const auto* const theirs = reinterpret_cast<const Number*>(part.head->copies[slot].data());
    for (std::int64_t i = 0; i < tensor.numel(); ++i) numbers[i] += theirs[i];
  }
  return true;
}

bool SharedMemory::all_live() const {
  return std::none_of(parts_.begin(), parts_.end(), [](const Part& part) {
    pollfd watched{part.process.number(), POLLIN, 0};
    return poll(&watched, 1, 0) > 0;
  });
}

}  // namespace mlr3libtorch::parallel
