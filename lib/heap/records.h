// Where blocks were allocated and freed: for each of many blocks two chains of calls, each chain kept once. Of bounded size: what was freed
// longest ago, or allocated longest ago, makes room. A block is known by its pointer with the tag, so under tags the former blocks of a slot
// are told apart. For one caller at a time.
#pragma once

#include "lib/base/bytes.h"
#include "lib/heap/size_class.h"

namespace caponier::heap {

// One end of a block's life.
struct Event {
  u32 calls = 0;   // the chain's number; 0: not kept, since there was no room
  u32 thread = 0;  // 0: it has not happened
};

struct BlockRecord {
  u64 block = 0;
  Event allocated, freed;
};

class Records {
 public:
  static constexpr u64 kBlockBytes = 16 * kMiB, kChainBytes = 16 * kMiB;

  // Each of the size above, zeros.
  void Open(void* blocks, void* chains) {
    sets_ = static_cast<Set*>(blocks);
    chains_ = static_cast<u64*>(chains);
    next_ = kFirst;
  }

  void Allocated(u64 block, std::span<const u64> calls, u32 thread) {
    BlockRecord* record = Find(block);
    if (record == nullptr) record = &MakeRoom(SetOf(block));
    *record = {.block = block, .allocated = {Keep(calls), thread}, .freed = {}};
  }
  // The first time counts: a second free is about to be found.
  void Freed(u64 block, std::span<const u64> calls, u32 thread) {
    BlockRecord* record = Find(block);
    if (record != nullptr && record->freed.thread == 0) record->freed = {Keep(calls), thread};
  }
  // It was not freed after all.
  void Lives(u64 block) {
    if (BlockRecord* record = Find(block); record != nullptr) record->freed = {};
  }

  // Null when none is left.
  BlockRecord* Find(u64 block) {
    for (BlockRecord& record : SetOf(block).records)
      if (record.block == block) return &record;
    return nullptr;
  }
  std::span<const u64> CallsOf(Event event) const {
    if (event.calls == 0) return {};
    const Chain& chain = ChainAt(event.calls);
    return {chains_ + event.calls + kChainHead, chain.count};
  }

 private:
  // A small heap needs few pages: those of 16 KiB of it are in sets that stand together. All blocks of a slot are in one set.
  static constexpr size_t kPerSet = 21;  // more than a slot has blocks under tags
  struct Set {
    BlockRecord records[kPerSet];
    u64 next;
  };
  static_assert(sizeof(BlockRecord) == 24 && sizeof(Set) == 512);
  static constexpr u64 kSets = kBlockBytes / sizeof(Set);
  static constexpr u64 kSetsTogether = 128, kBytesTogether = 16 * kKiB;

  static u64 Mix(u64 value) { return value * 0x9e37'79b9'7f4a'7c15 >> 40; }
  Set& SetOf(u64 block) const {
    const u64 address = block & ((u64{1} << 56) - 1);
    return sets_[(Mix(address / kBytesTogether) * kSetsTogether + Mix(address / kGranule) % kSetsTogether) % kSets];
  }
  // The first that is not live, from where it last was found.
  static BlockRecord& MakeRoom(Set& set) {
    for (size_t i = 0; i < kPerSet; i++) {
      BlockRecord& record = set.records[(set.next + i) % kPerSet];
      if (record.block != 0 && record.freed.thread == 0) continue;
      set.next = (set.next + i + 1) % kPerSet;
      return record;
    }
    return set.records[set.next++ % kPerSet];
  }

  // Chains lie one behind the other, behind a table in which each is found by its contents.
  struct Chain {
    u32 next;  // of those at the same place of the table
    u32 count;
  };
  static constexpr u64 kChainHead = sizeof(Chain) / sizeof(u64);
  static constexpr u64 kBuckets = kKiB * 64, kFirst = kBuckets * sizeof(u32) / sizeof(u64), kWords = kChainBytes / sizeof(u64);
  static_assert(kFirst > 0 && kChainHead == 1);

  Chain& ChainAt(u64 word) const { return *reinterpret_cast<Chain*>(chains_ + word); }
  u32 Keep(std::span<const u64> calls) {
    u64 hash = calls.size();
    for (const u64 call : calls) hash = (hash ^ call) * 0x9e37'79b9'7f4a'7c15, hash ^= hash >> 29;
    u32& bucket = reinterpret_cast<u32*>(chains_)[hash % kBuckets];
    for (u32 at = bucket; at != 0; at = ChainAt(at).next) {
      const u64* there = chains_ + at + kChainHead;
      if (ChainAt(at).count == calls.size() && __builtin_memcmp(there, calls.data(), calls.size_bytes()) == 0) return at;
    }
    if (calls.empty() || kWords - next_ < kChainHead + calls.size()) return 0;
    const u32 made = next_;
    ChainAt(made) = {bucket, static_cast<u32>(calls.size())};
    __builtin_memcpy(chains_ + made + kChainHead, calls.data(), calls.size_bytes());
    next_ += static_cast<u32>(kChainHead + calls.size());
    bucket = made;
    return made;
  }

  Set* sets_ = nullptr;
  u64* chains_ = nullptr;
  u32 next_ = 0;
};

}  // namespace caponier::heap
