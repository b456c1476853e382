#pragma once

#include <ATen/ATen.h>

#include <cstdlib>
#include <exception>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "core/parallel/meeting.h"

namespace mlr3libtorch::test {

/// A folder of its own, removed at the end.
class MeetingFolder {
 public:
  MeetingFolder() {
    std::string name = (std::filesystem::temp_directory_path() / "meeting-XXXXXX").string();
    path_ = mkdtemp(name.data());
  }
  ~MeetingFolder() { std::filesystem::remove_all(path_); }
  MeetingFolder(const MeetingFolder&) = delete;
  MeetingFolder& operator=(const MeetingFolder&) = delete;

  parallel::Meeting meeting(int rank, int size) const {
    parallel::Meeting meeting{path_ + "/meeting", "127.0.0.1", rank, size};
    meeting.arrival = meeting.timeout = std::chrono::seconds(20);
    return meeting;
  }

 private:
  std::string path_;
};

/// Runs `work` for each worker, on a thread of its own, and throws what one of them throws.
inline void in_threads(int size, const std::function<void(int rank)>& work) {
  std::vector<std::exception_ptr> errors(static_cast<std::size_t>(size));
  std::vector<std::thread> threads;
  for (int rank = 0; rank < size; ++rank) {
    threads.emplace_back([&, rank] {
      try {
        work(rank);
      } catch (const std::exception&) {
        errors[static_cast<std::size_t>(rank)] = std::current_exception();
      }
    });
  }
  for (auto& thread : threads) thread.join();
  for (const auto& error : errors) {
    if (error != nullptr) std::rethrow_exception(error);
  }
}

/// The same for workers that have met.
inline void meet_in_threads(int size, const std::function<void(std::shared_ptr<parallel::Exchange>)>& work) {
  const MeetingFolder folder;
  in_threads(size, [&](int rank) {
    base::Interrupt none;
    work(parallel::meet(folder.meeting(rank, size), none));
  });
}

}  // namespace mlr3libtorch::test
