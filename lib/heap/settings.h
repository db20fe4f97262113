// The levels of the heap, each with its safe default. One text chooses them: "zero=off,quarantine=128"; settings.cc lists the words, and
// docs/heap.md what each costs and gives.
#pragma once

#include <string_view>

#include "lib/base/types.h"

namespace caponier::heap {

enum class Tagging : u8 { kOff, kAsync, kSync, kAsymmetric };
enum class TagScope : u8 { kSmall, kAll, kAuto };  // kAuto: all where tags may come with the first touch
enum class Check : u8 { kOff, kOn, kAuto };        // kAuto: where there are no tags

struct Settings {
  Tagging tagging = Tagging::kSync;
  TagScope scope = TagScope::kAuto;
  bool zero = true;            // blocks are zeroed when freed
  Check check = Check::kAuto;  // and looked at before they are used again; needs zero
  bool canary = true;          // 8 bytes behind each block, or the rest of its last granule under tags
  bool shuffle = false;        // slots are dealt out in random order within a dozen, not only from a random place on
  u32 quarantine = 32;         // frees of a size class and thread before a slot is used again, at most kMaxQuarantine
  u32 record = 0;              // calls kept of each allocation and each free, at most kMaxRecord; 0: none
  u64 sample = 0;              // one allocation in so many gets pages of its own between guards; 0: none
  bool reuse = true;           // addresses serve again once all of the arena has been dealt out; if not, allocation fails then
  u64 arena_bytes = 16 * kGiB * kKiB;  // address space for all blocks, a power of two; less where less is to be had

  static constexpr u32 kMaxQuarantine = 128;
  static constexpr u32 kUsualRecord = 16, kMaxRecord = 64;
  static constexpr u64 kMinArenaBytes = 256 * kMiB;
  static constexpr u64 kMaxArenaBytes = 64 * kKiB * kGiB;
};

// What is wrong with a text of settings: the word, and what could stand there. Views into the text and into constants.
struct SettingsError {
  std::string_view word;
  std::string_view expected;
};

// Applies `text` to `settings`. False, with `error` filled and `settings` undefined, when a word is not known or its value is none.
bool ReadSettings(std::string_view text, Settings* settings, SettingsError* error);

}  // namespace caponier::heap
