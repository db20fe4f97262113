#include "tool/bench/heap_tags.h"

#include <fmt/format.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <functional>

#include "tool/bench/comparisons.h"
#include "tool/bench/figures.h"
#include "tool/bench/heap.h"
#include "tool/entropy/parallel.h"
#include "tool/failure.h"
#include "tool/host/tree.h"
#include "tool/machine/process.h"

namespace caponier::tool::bench {
namespace {

constexpr u32 kFirstMark = 0xd5032c1f, kSecondMark = 0xd5032c3f;  // HINT 96 and 97, which are allocated to nothing
constexpr u64 kGranule = 16;
// Long enough for slots to wear out, which serve 13 blocks at least, and for a thousand blocks to have gone through them.
constexpr int kRounds = 16000;

u64 NumberIn(std::string_view text, int base) {
  u64 value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value, base);
  return value;
}

struct Counted {
  double instructions, granules;  // of a pair
};

Counted Count(const EmulatedHeap& heap, size_t bytes) {
  std::vector<std::string> command = heap.command;
  command.insert(command.end(), {fmt::format("{}", bytes), fmt::format("{}", kRounds)});
  Process process = Process::Spawn(command, {});
  ExecutionCounter counter;
  std::vector<char> buffer(size_t{1} << 16);
  for (bool running = true; running;) {
    std::array<pollfd, 2> polls{pollfd{process.output(), POLLIN, 0}, pollfd{process.pid_fd(), POLLIN, 0}};
    if (poll(polls.data(), polls.size(), -1) < 0 && errno != EINTR) throw SystemFailure("poll", errno);
    running = polls[1].revents == 0;
    for (ssize_t got; (got = read(process.output(), buffer.data(), buffer.size())) > 0;)
      counter.Read({buffer.data(), static_cast<size_t>(got)});
  }
  const int status = process.Reap();
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0 || !counter.complete())
    throw Failure(fmt::format("bench: pairs of {} bytes over {} ended with {}", bytes, heap.name,
                              !WIFEXITED(status)         ? fmt::format("signal {}", WTERMSIG(status))
                              : WEXITSTATUS(status) != 0 ? fmt::format("status {}", WEXITSTATUS(status))
                                                         : "no account of what was executed"));
  return {static_cast<double>(counter.instructions()) / kRounds, static_cast<double>(counter.granules()) / kRounds};
}

}  // namespace

// [arm-arm] C4.1, loads and stores of memory tags, register pairs, and system instructions.
u64 GranulesTagged(u32 instruction, u64 zero_block) {
  if ((instruction & 0xff200000) == 0xd9200000) {
    const bool of_one_block = (instruction & 0xc00) == 0;  // STZGM, LDG, STGM, LDGM: a program may only load
    return of_one_block ? 0 : (instruction & 0x800000) != 0 ? 2 : 1;
  }
  const u32 pair = instruction & 0xffc00000;
  if (pair == 0x68800000 || pair == 0x69000000 || pair == 0x69800000) return 1;  // STGP
  const u32 cache = instruction & 0xffffffe0;
  return cache == 0xd50b7460 || cache == 0xd50b7480 ? zero_block / kGranule : 0;  // DC GVA, DC GZVA
}

void ExecutionCounter::Read(std::string_view piece) {
  while (!piece.empty()) {
    const size_t end = piece.find('\n');
    if (end == std::string_view::npos) {
      rest_ += piece;
      return;
    }
    if (rest_.empty()) {
      ReadLine(piece.substr(0, end));
    } else {
      rest_ += piece.substr(0, end);
      ReadLine(rest_);
      rest_.clear();
    }
    piece.remove_prefix(end + 1);
  }
}

// Trace 0: 0x7f789bc00100 [80009301/00007f78a3d8ac40/00000001/00000201]     a block is executed; the second number is its address
// IN: malloc                                                                 a block is told
// 0x7f3c58d8ac40:  d503201f  nop                                             one of its instructions
// zero block 64                                                              the program itself
void ExecutionCounter::ReadLine(std::string_view line) {
  if (line.starts_with("Trace ")) {
    const size_t slash = line.find('/');
    if (slash != std::string_view::npos) Execute(NumberIn(line.substr(slash + 1), 16));
  } else if (line.starts_with("0x")) {
    const size_t colon = line.find(':');
    const size_t code = colon == std::string_view::npos ? colon : line.find_first_not_of(' ', colon + 1);
    if (code == std::string_view::npos) return;
    if (begins_) {
      told_ = &blocks_[NumberIn(line.substr(2, colon), 16)];
      *told_ = {};
      begins_ = false;
    }
    if (told_ == nullptr) return;
    const u32 instruction = static_cast<u32>(NumberIn(line.substr(code), 16));
    told_->code.push_back(instruction);
    if (instruction == kFirstMark || instruction == kSecondMark || GranulesTagged(instruction, kGranule) > 0)
      told_->plain = false;
  } else if (line.starts_with("IN:")) {
    begins_ = true;
  } else if (constexpr std::string_view kZeroBlock = "zero block "; line.starts_with(kZeroBlock)) {
    zero_block_ = NumberIn(line.substr(kZeroBlock.size()), 10);
  }
}

void ExecutionCounter::Execute(u64 address) {
  const auto found = blocks_.find(address);
  if (found == blocks_.end()) throw Failure("bench: the emulator executes what it has not told");
  const Block& block = found->second;
  if (block.plain) {
    if (state_ == State::kBetween) instructions_ += block.code.size();
    return;
  }
  for (const u32 instruction : block.code) {
    if (instruction == kFirstMark && state_ == State::kBefore) {
      state_ = State::kBetween;
    } else if (instruction == kSecondMark && state_ == State::kBetween) {
      state_ = State::kBehind;
    } else if (state_ == State::kBetween) {
      instructions_++;
      granules_ += GranulesTagged(instruction, zero_block_);
    }
  }
}

EmulatedHeap Emulate(std::string_view name, const std::string& build, const std::string& program, EmulatedLibrary wanted) {
  const std::string emulator = build + "/emulator-user/usr/bin/qemu-aarch64";
  for (const std::string& file : {emulator, program, wanted.library})
    if (!file.empty() && access(file.c_str(), R_OK) != 0) return {std::string(name), {}, "no " + file};
  std::vector<std::string> command{emulator, "-cpu", "max,sve=off", "-L", "/usr/aarch64-linux-gnu"};
  command.insert(command.end(), wanted.options.begin(), wanted.options.end());
  if (!wanted.library.empty()) wanted.environment.push_back("LD_PRELOAD=" + wanted.library);
  for (const std::string& setting : wanted.environment) command.insert(command.end(), {"-E", setting});
  command.push_back(program);
  return {std::string(name), std::move(command)};
}

EmulatedHeap FindEmulatedHeap(std::string_view name, const std::string& build, const std::string& sysroot,
                              const std::string& program, const std::vector<std::string>& options) {
  const std::string scudo = sysroot + ScudoLibrary("aarch64"), libraries = sysroot + "/usr/lib/aarch64-linux-gnu/";
  EmulatedLibrary wanted{.options = options};
  if (name == "caponier+tags") {
    wanted.library = build + "/host/hosted/heap/aarch64/libcaponier-heap.so.1";
    wanted.environment = {"CAPONIER_HEAP=arena=1G"};  // QEMU keeps a record of each page that is reserved
  } else if (name == "glibc+tags") {
    wanted.environment = {kAskForTags};
  } else if (name == "scudo+tags") {
    wanted = {.library = scudo, .environment = {kAskForTags}, .options = options};
  } else if (name == "scudo+tags+quarantine") {
    // Of 64 KiB a thread and 1 MiB in all, blocks of up to 64 KiB. The emulator's own list is one with commas, so colons stand between.
    wanted = {.library = scudo,
              .environment = {kAskForTags,
                              "SCUDO_OPTIONS=quarantine_size_kb=1024:thread_local_quarantine_size_kb=64:"
                              "quarantine_max_chunk_size=65536"},
              .options = options};
  } else if (name == "jemalloc@aarch64") {
    wanted.library = libraries + "libjemalloc.so.2";
  } else if (name == "mimalloc@aarch64") {
    wanted.library = libraries + "libmimalloc.so.2.0";
  }
  return Emulate(name, build, program, std::move(wanted));
}

std::string MakeHeapsSysroot(const std::string& build) {
  std::string words;
  Process made = Process::Spawn({DirectoryOf(build) + "/tests/sysroot", "aarch64", "heaps"}, {});
  (void)made.Collect(words, 0, std::nullopt);
  const int status = made.Reap();
  return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? build + "/sysroot/aarch64-heaps" : "";
}

Json CountHeaps(std::span<const EmulatedHeap> heaps, std::span<const size_t> sizes, int runs) {
  struct Cell {
    const EmulatedHeap& heap;
    size_t bytes;
    std::vector<Counted> counts;
  };
  std::vector<Cell> cells;
  Json absent = Json::array(), rows = Json::array();
  for (const EmulatedHeap& heap : heaps) {
    if (!heap.absent.empty()) {
      absent.push_back({{"allocator", heap.name}, {"why", heap.absent}});
      continue;
    }
    for (const size_t bytes : sizes) cells.push_back({heap, bytes, std::vector<Counted>(static_cast<size_t>(runs))});
  }
  std::vector<std::function<void()>> tasks;
  for (Cell& cell : cells) {
    for (Counted& counted : cell.counts) tasks.emplace_back([&cell, &counted] { counted = Count(cell.heap, cell.bytes); });
  }
  Progress(fmt::format("{} programs, {} pairs each", tasks.size(), 2 * kRounds));
  entropy::RunAll(tasks);
  Progress("");
  for (const Cell& cell : cells) {
    Series instructions, granules;
    for (const Counted& counted : cell.counts) {
      instructions.Add(counted.instructions);
      granules.Add(counted.granules);
    }
    rows.push_back({{"allocator", cell.heap.name},
                    {"bytes", cell.bytes},
                    {"instructions_per_pair", instructions.Median()},
                    {"granules_tagged_per_pair", granules.Median()}});
  }
  return {{"absent", absent}, {"counts", rows}};
}

std::string CountTables(const Json& result) {
  std::string text;
  std::vector<std::string> names;
  std::vector<size_t> sizes;
  const auto note = [](auto& list, auto value) {
    if (std::ranges::find(list, value) == list.end()) list.push_back(value);
  };
  for (const Json& row : result["counts"]) {
    note(names, row["allocator"].get<std::string>());
    note(sizes, row["bytes"].get<size_t>());
  }
  const auto table = [&](const char* title, const char* field) {
    std::vector<std::string> heads{title};
    for (const size_t bytes : sizes) heads.push_back(fmt::format("{} B", bytes));
    Table rendered(heads);
    for (const std::string& name : names) {
      std::vector<std::string> cells{name};
      for (const Json& row : result["counts"])
        if (row["allocator"] == name) cells.push_back(NumberText(row[field]));
      rendered.AddRow(std::move(cells));
    }
    text += rendered.Render() + "\n";
  };
  table("instructions a pair", "instructions_per_pair");
  table("granules tagged a pair", "granules_tagged_per_pair");
  for (const Json& heap : result["absent"])
    text += fmt::format("absent: {} ({})\n", heap["allocator"].get<std::string>(), heap["why"].get<std::string>());
  return text;
}

Json CountTaggedHeaps(const std::string& build, std::span<const NamedLibrary> others, int runs) {
  const std::string program = build + "/host/tool/caponier-heap-pair-aarch64", sysroot = MakeHeapsSysroot(build);
  const std::vector<std::string> tracing{"-d", "exec,nochain,in_asm"};
  std::vector<EmulatedHeap> heaps;
  for (const char* name : {"glibc", "caponier+tags", "glibc+tags", "scudo+tags"})
    heaps.push_back(FindEmulatedHeap(name, build, sysroot, program, tracing));
  for (const NamedLibrary& other : others)
    heaps.push_back(
        Emulate(other.name, build, program, {.library = other.file, .environment = {kAskForTags}, .options = tracing}));
  constexpr size_t kSizes[] = {16, 48, 100, 500, 2000};
  return CountHeaps(heaps, kSizes, runs);
}

}  // namespace caponier::tool::bench
