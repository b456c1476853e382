#pragma once

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <ctime>
#include <iostream>
#include <string>
#include <vector>

namespace bench {

/// One training run, as bench/cells.R describes it.
struct Cell {
  std::string task;  // "regression" or "classification"
  std::int64_t rows, inputs, outputs, layers, width, batch, epochs;
  std::string optimizer;  // "sgd", "adam" or "adamw"
  double rate;
  bool shuffle;
  int threads;

  /// Units of each layer, the inputs first.
  std::vector<std::int64_t> sizes() const {
    std::vector<std::int64_t> all(static_cast<std::size_t>(layers) + 2, width);
    all.front() = inputs;
    all.back() = outputs;
    return all;
  }
};

inline std::istream& operator>>(std::istream& input, Cell& cell) {
  return input >> cell.task >> cell.rows >> cell.inputs >> cell.outputs >> cell.layers >> cell.width >> cell.batch >>
         cell.epochs >> cell.optimizer >> cell.rate >> cell.shuffle >> cell.threads;
}

/// Seconds of the clock and of the processor since it was made.
class Stopwatch {
 public:
  double wall() const { return std::chrono::duration<double>(std::chrono::steady_clock::now() - wall_).count(); }
  double cpu() const { return static_cast<double>(std::clock() - cpu_) / CLOCKS_PER_SEC; }

 private:
  std::chrono::steady_clock::time_point wall_ = std::chrono::steady_clock::now();
  std::clock_t cpu_ = std::clock();
};

}  // namespace bench
