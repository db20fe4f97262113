#include "tool/bench/random.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <latch>
#include <thread>

#include "tool/bench/comparisons.h"
#include "tool/bench/figures.h"
#include "tool/failure.h"

namespace caponier::tool::bench {
namespace {

using Clock = std::chrono::steady_clock;

double Since(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

// Requests a second, of all threads together.
double Measure(const RandomPeer& peer, size_t size, int threads, double seconds) {
  std::atomic<bool> refused = false;
  std::vector<double> rates(static_cast<size_t>(threads));
  std::latch ready(threads);
  const auto run = [&](double& rate) {
    std::vector<std::byte> buffer(size);
    const Fill fill = peer.make();
    // The first request of a thread seeds and is not counted. It also says how many make a look at the clock cheap.
    bool ok = fill(buffer.data(), size);
    const auto trial = Clock::now();
    for (int i = 0; i < 4; i++) ok = ok && fill(buffer.data(), size);
    const auto batch = static_cast<u64>(std::clamp(seconds / 50 / std::max(Since(trial) / 4, 1e-9), 1.0, 1e6));
    ready.arrive_and_wait();
    const auto start = Clock::now();
    u64 requests = 0;
    double spent = 0;
    while (ok && spent < seconds) {
      for (u64 i = 0; i < batch; i++) ok = ok && fill(buffer.data(), size);
      requests += batch;
      spent = Since(start);
    }
    if (!ok) refused = true;
    rate = ok ? static_cast<double>(requests) / spent : 0;
  };
  {
    std::vector<std::jthread> others;
    for (size_t i = 1; i < rates.size(); i++) others.emplace_back([&, i] { run(rates[i]); });
    run(rates[0]);
  }
  if (refused) throw Failure(fmt::format("bench: {} refused to give {} bytes", peer.name, size));
  double sum = 0;
  for (const double rate : rates) sum += rate;
  return sum;
}

std::string SizeText(size_t bytes) {
  return bytes >= kMiB   ? fmt::format("{} MiB", bytes / kMiB)
         : bytes >= kKiB ? fmt::format("{} KiB", bytes / kKiB)
                         : fmt::format("{} B", bytes);
}

}  // namespace

Json CompareRandom(std::span<const RandomPeer> peers, const RandomPlan& plan) {
  Json absent = Json::array(), rows = Json::array();
  for (const RandomPeer& peer : peers) {
    if (!peer.absent.empty()) absent.push_back({{"generator", peer.name}, {"why", peer.absent}});
  }
  for (const int threads : plan.threads) {
    for (const size_t size : plan.sizes) {
      // Nanoseconds a request, for which the medians of ratios are taken within a turn.
      std::vector<Series> series(peers.size());
      for (int turn = 0; turn < plan.turns; turn++) {
        Progress(fmt::format("{} threads, {}: turn {} of {}", threads, SizeText(size), turn + 1, plan.turns));
        for (size_t i = 0; i < peers.size(); i++) {
          if (peers[i].absent.empty()) series[i].Add(1e9 / Measure(peers[i], size, threads, plan.seconds));
        }
      }
      for (size_t i = 0; i < peers.size(); i++) {
        if (series[i].empty()) continue;
        const double ns = series[i].Median();
        Json row{{"generator", peers[i].name},
                 {"threads", threads},
                 {"bytes", size},
                 {"ns_per_request", ns},
                 {"gigabytes_per_second", static_cast<double>(size) / ns}};
        // How many times the first one's speed is this one's.
        if (!series[0].empty()) row["first_is_faster_by"] = PairedRatio(series[i], series[0]);
        rows.push_back(std::move(row));
      }
    }
  }
  Progress("");
  return {{"absent", absent}, {"measurements", rows}};
}

std::string RandomTables(const Json& result) {
  std::string text;
  std::vector<int> threads;
  std::vector<size_t> sizes;
  std::vector<std::string> names;
  const auto note = [](auto& list, auto value) {
    if (std::find(list.begin(), list.end(), value) == list.end()) list.push_back(value);
  };
  for (const Json& row : result["measurements"]) {
    note(threads, row["threads"].get<int>());
    note(sizes, row["bytes"].get<size_t>());
    note(names, row["generator"].get<std::string>());
  }
  const auto tables = [&](int count, const char* title, const char* field) {
    std::vector<std::string> heads{fmt::format("{}, {}", title, count == 1 ? "1 thread" : fmt::format("{} threads", count))};
    for (const size_t size : sizes) heads.push_back(SizeText(size));
    Table table(heads);
    for (const std::string& name : names) {
      std::vector<std::string> cells{name};
      for (const Json& row : result["measurements"]) {
        if (row["generator"] == name && row["threads"] == count)
          cells.push_back(row.contains(field) ? NumberText(row[field]) : "-");
      }
      table.AddRow(std::move(cells));
    }
    text += table.Render() + "\n";
  };
  for (const int count : threads) {
    tables(count, "ns a request", "ns_per_request");
    tables(count, "GB a second", "gigabytes_per_second");
    tables(count, "caponier is faster by", "first_is_faster_by");
  }
  for (const Json& peer : result["absent"])
    text += fmt::format("absent: {} ({})\n", peer["generator"].get<std::string>(), peer["why"].get<std::string>());
  return text;
}

}  // namespace caponier::tool::bench
