// `caponier bench heap --arch aarch64`: what an allocation and its free cost under memory tags, counted, since there is no processor with tags
// to time them on. The emulator tells each block of instructions when it first translates it, and each block that it executes.
#pragma once

#include <nlohmann/json.hpp>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "lib/base/types.h"
#include "tool/bench/named_library.h"

namespace caponier::tool::bench {

using Json = nlohmann::ordered_json;

// Of how many granules of 16 bytes an instruction of AArch64 sets the tags, where DC GVA and DC GZVA work on `zero_block` bytes.
u64 GranulesTagged(u32 instruction, u64 zero_block);

// Reads what QEMU writes under `-d exec,nochain,in_asm`, in pieces of any length, and counts between the program's two marks.
class ExecutionCounter {
 public:
  void Read(std::string_view piece);
  bool complete() const { return state_ == State::kBehind; }  // both marks were passed
  u64 instructions() const { return instructions_; }
  u64 granules() const { return granules_; }

 private:
  struct Block {
    std::vector<u32> code;
    bool plain = true;  // neither tags nor is a mark
  };
  enum class State : u8 { kBefore, kBetween, kBehind };

  void ReadLine(std::string_view line);
  void Execute(u64 address);

  std::string rest_;                       // of the last piece, a line without its end
  std::unordered_map<u64, Block> blocks_;  // by the address of the first instruction
  Block* told_ = nullptr;                  // whose instructions are being told
  bool begins_ = false;                    // the next instruction is a block's first
  u64 zero_block_ = 0;
  State state_ = State::kBefore;
  u64 instructions_ = 0, granules_ = 0;
};

// A program for AArch64 and glibc, run by the emulator with memory tags.
struct EmulatedHeap {
  std::string name;
  std::vector<std::string> command;  // without arguments
  std::string absent = {};           // why it cannot be run; empty when it can
};
struct EmulatedLibrary {
  std::string library = {};                   // preloaded; empty: the program's C library
  std::vector<std::string> environment = {};  // NAME=VALUE
  std::vector<std::string> options = {};      // the emulator's own
};
// Tags come only if a program asks Linux for them. glibc does, when it is told to tag, and so also for a heap in its place.
inline constexpr char kAskForTags[] = "GLIBC_TUNABLES=glibc.mem.tagging=3";
// `build` is the directory of all builds.
EmulatedHeap Emulate(std::string_view name, const std::string& build, const std::string& program, EmulatedLibrary wanted);
// One of caponier+tags, glibc, glibc+tags, scudo+tags, scudo+tags+quarantine, jemalloc@aarch64, mimalloc@aarch64. `sysroot` is the directory of
// Debian's packages for AArch64.
EmulatedHeap FindEmulatedHeap(std::string_view name, const std::string& build, const std::string& sysroot,
                              const std::string& program, const std::vector<std::string>& options = {});
// That directory, as tests/sysroot makes it; "" when it cannot.
std::string MakeHeapsSysroot(const std::string& build);

// Pairs of blocks of each size over each. Throws Failure when one that is there does not do its work.
Json CountHeaps(std::span<const EmulatedHeap> heaps, std::span<const size_t> sizes, int runs);
std::string CountTables(const Json& result);

// With `others`, for AArch64, besides.
Json CountTaggedHeaps(const std::string& build, std::span<const NamedLibrary> others, int runs);

}  // namespace caponier::tool::bench
