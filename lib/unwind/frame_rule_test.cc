#include "lib/unwind/frame_rule.h"

#include <execinfo.h>
#include <gtest/gtest.h>
#include <link.h>

#include <algorithm>
#include <cstring>
#include <vector>

#include "lib/unwind/walk.h"

namespace caponier::unwind {
namespace {

// A module by hand: a header with a table of one function of 0x100 bytes at 0x10000, whose common entry has `first` as its instructions
// and whose own are `then`.
class Handmade {
 public:
  static constexpr u64 kAddress = 0x20000, kFunction = 0x10000;
  Handmade(std::string augmentation, std::vector<u8> first, std::vector<u8> then, u8 return_address = 16) {
    const u64 header = bytes_.size();
    Put({1, 0x1b, 0x03, 0x3b});
    Put32(0);
    Put32(1);
    Put32(static_cast<u32>(kFunction - kAddress));
    const size_t description_place = bytes_.size();
    Put32(0);
    const size_t common = Open();
    Put32(0);
    Put({1});
    for (const char c : augmentation) Put({static_cast<u8>(c)});
    Put({0, 1, 0x78, return_address});  // code by 1, data by -8
    if (!augmentation.empty()) Put({1, 0x1b});
    Put(first);
    Close(common);
    Patch(description_place, static_cast<u32>(bytes_.size() - header));
    const size_t description = Open();
    Put32(static_cast<u32>(bytes_.size() - common));
    Put32(static_cast<u32>(kFunction - (kAddress + bytes_.size())));
    Put32(0x100);
    if (!augmentation.empty()) Put({0});
    Put(then);
    Close(description);
  }
  Result<FrameRule> At(u64 offset, const Registers& registers = kX86) const {
    return FindFrameRule(registers, {std::as_bytes(std::span(bytes_)), kAddress, kAddress}, kFunction + offset);
  }
  std::vector<u8>& bytes() { return bytes_; }

 private:
  void Put(std::vector<u8> more) { bytes_.insert(bytes_.end(), more.begin(), more.end()); }
  void Put32(u32 value) {
    for (int i = 0; i < 4; i++) bytes_.push_back(static_cast<u8>(value >> (8 * i)));
  }
  void Patch(size_t at, u32 value) {
    for (size_t i = 0; i < 4; i++) bytes_[at + i] = static_cast<u8>(value >> (8 * i));
  }
  size_t Open() {
    Put32(0);
    return bytes_.size() - 4;
  }
  void Close(size_t at) { Patch(at, static_cast<u32>(bytes_.size() - at - 4)); }

  std::vector<u8> bytes_;
};

// As every x86-64 compiler begins: the CFA is 8 above the stack pointer, and the return address right below it.
const std::vector<u8> kEntry = {0x0c, 7, 8, 0x90, 1};
constexpr Place kBelowCfa{Place::Of::kCfa, -8};

TEST(FrameRule, FollowsPushesAndFramePointers) {
  // push %rbp; mov %rsp, %rbp; ...; leave, which is gone at the last byte but one
  const Handmade module("zR", kEntry, {0x41, 0x0e, 16, 0x86, 2, 0x43, 0x0d, 6, 0x02, 0x80, 0x0c, 7, 8, 0xc6});
  EXPECT_EQ(module.At(0).value(), (FrameRule{.cfa_offset = 8, .return_address = kBelowCfa}));
  const Place saved{Place::Of::kCfa, -16};
  EXPECT_EQ(module.At(1).value(), (FrameRule{.cfa_offset = 16, .frame_pointer = saved, .return_address = kBelowCfa}));
  const FrameRule with_frame{
      .base = FrameRule::Base::kFramePointer, .cfa_offset = 16, .frame_pointer = saved, .return_address = kBelowCfa};
  EXPECT_EQ(module.At(4).value(), with_frame);
  EXPECT_EQ(module.At(0x83).value(), with_frame);
  EXPECT_EQ(module.At(0x84).value(), (FrameRule{.cfa_offset = 8, .return_address = kBelowCfa}));
  EXPECT_EQ(module.At(0x100).error(), Error::kNotFound);
  EXPECT_EQ(module.At(~u64{0}).error(), Error::kNotFound);
}

TEST(FrameRule, FollowsEveryInstruction) {
  struct Case {
    std::vector<u8> instructions;
    FrameRule rule;
  };
  const auto cfa = [](i32 offset) { return FrameRule{.cfa_offset = offset, .return_address = kBelowCfa}; };
  const auto with = [&](Place frame_pointer) {
    FrameRule rule = cfa(8);
    rule.frame_pointer = frame_pointer;
    return rule;
  };
  const Case cases[] = {
      {{0x0e, 0x90, 0x80, 0x01}, cfa(0x4010)},                                                // def_cfa_offset, three bytes long
      {{0x13, 0x7e}, cfa(16)},                                                                // def_cfa_offset_sf -2
      {{0x12, 7, 0x7d}, cfa(24)},                                                             // def_cfa_sf
      {{0x05, 6, 3}, with({Place::Of::kCfa, -24})},                                           // offset_extended
      {{0x11, 6, 0x7f}, with({Place::Of::kCfa, 8})},                                          // offset_extended_sf
      {{0x86, 2, 0x06, 6}, with({})},                                                         // restore_extended
      {{0x86, 2, 0x08, 6}, with({})},                                                         // same_value
      {{0x0a, 0x0e, 64, 0x0b}, cfa(8)},                                                       // remember_state, restore_state
      {{0x03, 0, 1, 0x0e, 64}, cfa(8)},                                                       // advance_loc2 beyond pc
      {{0x04, 0, 1, 0, 0, 0x0e, 64}, cfa(8)},                                                 // advance_loc4
      {{0x2e, 5, 0x83, 4, 0x09, 3, 4, 0x14, 3, 1, 0x15, 3, 0x7f, 0x16, 3, 1, 0x30}, cfa(8)},  // about other registers
      {{0x07, 16}, {.outermost = true, .cfa_offset = 8}},                                     // undefined
      {{0x10, 6, 2, 0x76, 0}, with({Place::Of::kFramePointer, 0})},  // expression, as where the stack is aligned
      {{0x0f, 3, 0x76, 0x78, 0x06},                                  // def_cfa_expression
       {.base = FrameRule::Base::kInMemoryAtFramePointer, .cfa_offset = -8, .return_address = kBelowCfa}},
      {{0x0f, 2, 0x76, 0x10}, {.base = FrameRule::Base::kFramePointer, .cfa_offset = 16, .return_address = kBelowCfa}},
  };
  for (const Case& each : cases) {
    SCOPED_TRACE(testing::PrintToString(each.instructions));
    const auto rule = Handmade("zR", kEntry, each.instructions).At(0x20);
    ASSERT_TRUE(rule.ok());
    EXPECT_EQ(rule.value(), each.rule);
  }
}

TEST(FrameRule, SaysWhatItCannotDo) {
  const std::vector<u8> unsupported[] = {
      {0x0d, 3},                             // the CFA is from another register
      {0x0f, 1, 0x77},                       // an expression of the stack pointer
      {0x0f, 3, 0x76, 0, 0x12},              // or one with another operation
      {0x16, 6, 1, 0x30},                    // the frame pointer is an expression's value
      {0x09, 6, 3},                          // or in another register
      {0x0e, 0xff, 0xff, 0xff, 0xff, 0x7f},  // no frame is so large
      {0x3f},                                // no such instruction
  };
  for (const auto& instructions : unsupported) {
    SCOPED_TRACE(testing::PrintToString(instructions));
    EXPECT_EQ(Handmade("zR", kEntry, instructions).At(0x20).error(), Error::kNotSupported);
  }
  EXPECT_EQ(Handmade("zS", kEntry, {}).At(0x20).error(), Error::kNotSupported);
  EXPECT_EQ(Handmade("zR", kEntry, {}, 30).At(0x20).error(), Error::kNotSupported);
  EXPECT_EQ(Handmade("zR", kEntry, {0x0b}).At(0x20).error(), Error::kMalformed);
  EXPECT_EQ(Handmade("zR", kEntry, {0x0e}).At(0x20).error(), Error::kMalformed);
  // Cut off anywhere.
  const Handmade whole("zR", kEntry, {0x41, 0x0e, 16});
  for (size_t size = 0;; size++) {
    Handmade cut = whole;
    if (size == cut.bytes().size()) break;
    cut.bytes().resize(size);
    EXPECT_FALSE(cut.At(0x20).ok()) << size;
  }
}

TEST(FrameRule, ReadsAArch64sAndOldForms) {
  // stp x29, x30, [sp, #-32]!; mov x29, sp, with pointer authentication
  const Handmade module("zR", {0x0c, 31, 0}, {0x2d, 0x44, 0x0e, 32, 0x9d, 4, 0x9e, 3, 0x44, 0x0d, 29}, 30);
  EXPECT_EQ(module.At(0, kArm).value(), FrameRule{});
  EXPECT_EQ(module.At(8, kArm).value(), (FrameRule{.base = FrameRule::Base::kFramePointer,
                                                   .cfa_offset = 32,
                                                   .frame_pointer = {Place::Of::kCfa, -32},
                                                   .return_address = {Place::Of::kCfa, -24}}));
}

// Of many functions, the one that the place is in, to its first and last byte.
TEST(FrameRule, FindsTheFunction) {
  constexpr u32 kFunctions = 5;
  std::vector<u8> bytes(1024);
  const auto put = [&](size_t at, std::initializer_list<u8> what) {
    std::copy(what.begin(), what.end(), bytes.begin() + static_cast<i64>(at));
  };
  const auto put32 = [&](size_t at, i32 value) { std::memcpy(bytes.data() + at, &value, sizeof(value)); };
  put(0, {1, 0x1b, 0x03, 0x3b});
  put32(8, kFunctions);
  put32(100, 15);
  put(108, {1, 'z', 'R', 0, 1, 0x78, 16, 1, 0x1b, 0x90, 1});
  for (u32 i = 0; i < kFunctions; i++) {
    const i32 function = 0x10000 + static_cast<i32>(i) * 0x10, description = 200 + static_cast<i32>(i) * 32;
    put32(12 + i * 8, function);
    put32(16 + i * 8, description);
    const auto at = static_cast<size_t>(description);
    put32(at, 16);
    put32(at + 4, description + 4 - 100);
    put32(at + 8, function - (description + 8));
    put32(at + 12, 0x10);
    put(at + 16, {0, 0x0c, 7, static_cast<u8>(8 * (i + 1))});
  }
  const auto offset_at = [&](u64 pc) {
    const auto rule = FindFrameRule(kX86, {std::as_bytes(std::span(bytes)), 0, 0}, pc);
    return rule.ok() ? rule.value().cfa_offset : -1;
  };
  EXPECT_EQ(offset_at(0xffff), -1);
  for (u32 i = 0; i < kFunctions; i++) {
    EXPECT_EQ(offset_at(0x10000 + i * 0x10), static_cast<i32>(8 * (i + 1)));
    EXPECT_EQ(offset_at(0x1000f + i * 0x10), static_cast<i32>(8 * (i + 1)));
  }
  EXPECT_EQ(offset_at(0x10000 + kFunctions * 0x10), -1);
}

// --- the real thing: the frames of this program are those that the compiler's own library finds ---

int FindOwn(dl_phdr_info* info, size_t, void* data) {
  auto& [pc, module] = *static_cast<std::pair<u64, Module>*>(data);
  u64 begin = ~u64{0}, end = 0, header = 0;
  for (int i = 0; i < info->dlpi_phnum; i++) {
    const auto& segment = info->dlpi_phdr[i];
    const u64 at = info->dlpi_addr + segment.p_vaddr;
    if (segment.p_type == PT_GNU_EH_FRAME) header = at;
    if (segment.p_type != PT_LOAD) continue;
    begin = std::min(begin, at);
    end = std::max(end, at + segment.p_memsz);
  }
  if (pc < begin || pc >= end) return 0;
  module = {Bytes(reinterpret_cast<const std::byte*>(begin), end - begin), begin, header};
  return 1;
}

std::vector<void*> g_ours, g_theirs;

[[gnu::noinline]] void LookBothWays() {
  Frame frame{};
#if defined(__x86_64__)
  asm volatile("lea 0(%%rip), %0; mov %%rsp, %1; mov %%rbp, %2"
               : "=r"(frame.pc), "=r"(frame.stack_pointer), "=r"(frame.frame_pointer));
#endif
  void* theirs[100];
  const int count = backtrace(theirs, 100);
  g_theirs.assign(theirs, theirs + count);
  g_ours.clear();
  const Stack stack(frame.stack_pointer, reinterpret_cast<u64>(*environ));
  for (u64 pc = frame.pc;; pc = frame.pc - 1) {
    std::pair<u64, Module> found{pc, {}};
    if (dl_iterate_phdr(FindOwn, &found) == 0) return;
    const auto rule = FindFrameRule(kX86, found.second, pc);
    if (!rule.ok() || !StepToCaller(rule.value(), stack, &frame)) return;
    g_ours.push_back(reinterpret_cast<void*>(frame.pc));
  }
}

// Frames of several kinds: with a variable size, an aligned stack, and through the C library.
[[gnu::noinline]] int Deeper(int depth) {
  alignas(64) volatile char aligned[64] = {};
  auto* variable = static_cast<volatile char*>(__builtin_alloca(static_cast<size_t>(depth) * 10 + 1));
  variable[0] = aligned[0];
  if (depth == 0) LookBothWays();
  else if (depth == 5) {
    int numbers[] = {2, 1};
    qsort(numbers, 2, sizeof(int), [](const void*, const void*) { return Deeper(4); });
  } else {
    Deeper(depth - 1);
  }
  return variable[0];
}

TEST(FrameRule, WalksAsTheCompilersLibraryDoes) {
#if defined(__x86_64__)
  Deeper(10);
  ASSERT_GT(g_ours.size(), 15u);
  // Theirs begin at this function, or below it.
  g_theirs.erase(g_theirs.begin(), std::find(g_theirs.begin(), g_theirs.end(), g_ours.front()));
  EXPECT_EQ(g_ours, g_theirs);
#else
  GTEST_SKIP() << "this test reads the registers of x86-64";
#endif
}

}  // namespace
}  // namespace caponier::unwind
