#include <ATen/ATen.h>

#include <mutex>

#include "core/base/error.h"
#include "core/parallel/broadcast_value.h"
#include "core/value/plain_state.h"
#include "parallel/meet_in_threads.h"

#include <catch2/catch.hpp>

namespace mlr3libtorch::test_meeting {
namespace {

using namespace mlr3libtorch::test;

/// The message of the error that `work` throws.
std::string message_of(const std::function<void()>& work) {
  try {
    work();
  } catch (const base::Error& error) {
    CHECK(error.kind() == "workers");
    return error.what();
  }
  return {};
}

/// The messages of all workers, of which `work` makes each throw.
std::vector<std::string> messages_of(int size, const std::function<void(int rank, const parallel::Meeting&)>& work) {
  const MeetingFolder folder;
  std::vector<std::string> messages(static_cast<std::size_t>(size));
  in_threads(size, [&](int rank) {
    auto meeting = folder.meeting(rank, size);
    messages[static_cast<std::size_t>(rank)] = message_of([&] { work(rank, meeting); });
  });
  return messages;
}

bool contains(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

TEST_CASE("sums in shared memory are those of all workers, with the same bits", "[parallel]") {
  if (!parallel::can_meet()) return;
  constexpr std::int64_t kNumbers = 100003;
  constexpr int kWorkers = 3, kRounds = 50;
  std::mutex checks;
  std::vector<at::Tensor> sums(kWorkers), copies(kWorkers);
  meet_in_threads(kWorkers, [&](const std::shared_ptr<parallel::Exchange>& exchange) {
    base::Interrupt none;
    const auto rank = exchange->rank();
    const auto memory = exchange->share(kNumbers, none);
    auto all = at::zeros({kNumbers});
    auto own_copies = at::zeros({3}, at::kDouble);
    for (int round = 0; round < kRounds; ++round) {
      const auto numbers = at::sin(at::arange(kNumbers, at::kFloat) + 10 * rank + round);
      memory.copy_(numbers);
      auto few = numbers.narrow(0, 0, 3).to(at::kDouble);
      const auto last = exchange->begin_sum(memory.narrow(0, 1000, kNumbers - 1000));
      const auto first = exchange->begin_sum(memory.narrow(0, 0, 1000));
      const auto copied = exchange->begin_sum(few);
      last->wait(none);
      first->wait(none);
      copied->wait(none);
      all += memory;
      own_copies += few;
    }
    const std::lock_guard<std::mutex> lock(checks);
    sums[static_cast<std::size_t>(rank)] = all;
    copies[static_cast<std::size_t>(rank)] = own_copies;
  });
  auto expected = at::zeros({kNumbers}, at::kDouble);
  for (int round = 0; round < kRounds; ++round) {
    for (int rank = 0; rank < kWorkers; ++rank) {
      expected += at::sin(at::arange(kNumbers, at::kFloat) + 10 * rank + round).to(at::kDouble);
    }
  }
  CHECK(at::allclose(sums[0].to(at::kDouble), expected, 1e-5, 1e-4));
  CHECK(at::allclose(copies[0], expected.narrow(0, 0, 3), 1e-5, 1e-5));
  for (int rank = 1; rank < kWorkers; ++rank) {
    CHECK(at::equal(sums[static_cast<std::size_t>(rank)], sums[0]));
    CHECK(at::equal(copies[static_cast<std::size_t>(rank)], copies[0]));
  }
}

TEST_CASE("sums, broadcasts and gathered tensors are those of all workers", "[parallel]") {
  if (!parallel::can_meet()) return;
  std::mutex checks;
  meet_in_threads(3, [&](const std::shared_ptr<parallel::Exchange>& exchange) {
    base::Interrupt none;
    const auto rank = exchange->rank();
    auto sum = at::arange(100, at::kFloat) + rank;
    exchange->begin_sum(sum)->wait(none);
    auto given = at::full({2, 3}, rank + 5.0);
    exchange->broadcast(given, none);
    const auto gathered = exchange->gather(at::full({2}, rank, at::kLong), none);
    auto dictionary = value::make_dictionary();
    dictionary.insert("name", std::string("worker ") + std::to_string(rank));
    dictionary.insert("tensor", at::full({2}, rank));
    const auto received = parallel::broadcast_value(*exchange, dictionary, none).toGenericDict();
    const auto nothing = parallel::broadcast_value(*exchange, {}, none);
    const std::lock_guard<std::mutex> lock(checks);
    CHECK(exchange->size() == 3);
    CHECK(at::equal(sum, at::arange(100, at::kFloat) * 3 + 3));
    CHECK(at::equal(given, at::full({2, 3}, 5.0)));
    CHECK(at::equal(gathered, at::tensor({0, 0, 1, 1, 2, 2}, at::kLong).view({3, 2})));
    CHECK(received.at("name").toStringRef() == "worker 0");
    CHECK(at::equal(received.at("tensor").toTensor(), at::zeros({2})));
    CHECK(nothing.isNone());
  });
}

TEST_CASE("a worker that does not come is named", "[parallel]") {
  if (!parallel::can_meet()) return;
  const MeetingFolder folder;
  auto meeting = folder.meeting(0, 3);
  meeting.arrival = std::chrono::milliseconds(100);
  base::Interrupt none;
  const auto message = message_of([&] { parallel::meet(meeting, none); });
  CHECK(contains(message, "Workers 2, 3 did not come"));
}

TEST_CASE("workers with other facts are refused by name", "[parallel]") {
  if (!parallel::can_meet()) return;
  const auto messages = messages_of(2, [](int rank, parallel::Meeting meeting) {
    meeting.facts = {{"version", rank == 0 ? "1.0" : "1.1"}};
    base::Interrupt none;
    parallel::meet(meeting, none);
  });
  CHECK(contains(messages[0], "the version of worker 2 is 1.1, that of worker 1 is 1.0"));
  CHECK(contains(messages[1], "the version of worker 1 is 1.0, that of worker 2 is 1.1"));
}

TEST_CASE("workers learn why one has left, and who has left without a word", "[parallel]") {
  if (!parallel::can_meet()) return;
  const auto messages = messages_of(3, [](int rank, const parallel::Meeting& meeting) {
    base::Interrupt none;
    auto exchange = parallel::meet(meeting, none);
    if (rank == 1) return exchange->leave("its disk is full.");
    const auto numbers = at::ones({3});
    exchange->begin_sum(numbers)->wait(none);
  });
  CHECK(contains(messages[0], "worker 2 has left it: its disk is full."));
  CHECK(contains(messages[2], "worker 2 has left it: its disk is full."));
  const auto hanging = messages_of(3, [](int rank, parallel::Meeting meeting) {
    meeting.timeout = std::chrono::seconds(2);
    base::Interrupt none;
    auto exchange = parallel::meet(meeting, none);
    if (rank == 2) return std::this_thread::sleep_for(std::chrono::seconds(7));
    const auto numbers = at::ones({3});
    exchange->begin_sum(numbers)->wait(none);
  });
  CHECK(contains(hanging[0], "Worker 3 has ended, hangs or cannot be reached"));
  CHECK(contains(hanging[1], "Worker 3 has ended, hangs or cannot be reached"));
}

struct Impatient : base::Interrupt {
  void check() override { throw base::Error("impatient", "no more"); }
};

TEST_CASE("a wait for the others can be interrupted", "[parallel]") {
  if (!parallel::can_meet()) return;
  const MeetingFolder folder;
  Impatient impatient;
  CHECK_THROWS_WITH(parallel::meet(folder.meeting(0, 2), impatient), "no more");
  const auto messages = messages_of(2, [](int rank, const parallel::Meeting& meeting) {
    base::Interrupt none;
    auto exchange = parallel::meet(meeting, none);
    const auto numbers = at::ones({3});
    if (rank == 1) return std::this_thread::sleep_for(std::chrono::milliseconds(300));
    Impatient gives_up;
    CHECK_THROWS_WITH(exchange->begin_sum(numbers)->wait(gives_up), "no more");
  });
  CHECK(messages == std::vector<std::string>(2));
}

}  // namespace
}  // namespace mlr3libtorch::test_meeting
