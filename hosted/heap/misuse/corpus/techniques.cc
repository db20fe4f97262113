// What exploits of glibc's malloc do to its fields and lists, one step each, with the layout that its chunks have: a size before the block,
// links in the first words of a freed one. An allocator without such fields sees an overflow, a write to freed memory or a wrong free.
#include <stdlib.h>
#include <string.h>

#include "hosted/heap/misuse/corpus/corpus.h"

namespace caponier::misuse {
namespace {

using Word = uintptr_t;
constexpr size_t kInUse = 1;     // of the size before a block: the one before it is live
constexpr unsigned kCached = 7;  // of one size, before frees reach the shared lists
alignas(kGranule) Word g_target[64];

volatile Word* Words(char* block) { return reinterpret_cast<volatile Word*>(Hidden(block)); }
Word Address(const void* place) { return reinterpret_cast<Word>(place); }
char* New(size_t bytes) { return Allocate(Api::kMalloc, bytes); }
void Free(void* block) { free(Hidden(block)); }

// Several of one size, of which the last are freed into the thread's cache.
struct Blocks {
  explicit Blocks(size_t bytes) {
    for (char*& block : cached) block = New(bytes);
    for (char*& block : kept) block = New(bytes);
  }
  void FillCache() {
    for (char* block : cached) Free(block);
  }
  char* cached[kCached];
  char* kept[4];
};
// A block's place with the link's disguise [glibc 2.32]: which another allocator does not know and finds as a write.
Word Disguised(const void* link, const void* target) { return (PlaceOf(link) >> 12) ^ Address(target); }

void PoisonCache(bool wrong) {
  char *first = New(48), *second = New(48);
  Free(first);
  Free(second);
  if (wrong) *Words(second) = Disguised(second, g_target);
}
void ReadLink(bool wrong) {
  char *first = New(48), *second = New(48);
  Free(first);
  if (!wrong) return Get(second);
  Free(second);
  Get(second);
}
void ReadKey(bool wrong) {
  char* block = New(48);
  if (wrong) Free(block);
  Get(block + sizeof(Word));
}
void EraseKey(bool wrong) {
  char* block = New(48);
  Free(block);
  if (!wrong) return;
  Words(block)[1] = 0;
  Free(block);
}
void DoubleFreeAround(bool wrong) {
  Blocks blocks(24);
  blocks.FillCache();
  Free(blocks.kept[0]);
  Free(blocks.kept[1]);
  if (wrong) Free(blocks.kept[0]);
}
void DoubleFreeAfterConsolidation(bool wrong) {
  Blocks blocks(24);
  blocks.FillCache();
  Free(blocks.kept[0]);
  Hidden(malloc(5000));
  if (wrong) Free(blocks.kept[0]);
}
void DoubleFreeIntoTwoLists(bool wrong) {
  Blocks blocks(256);
  blocks.FillCache();
  Free(blocks.kept[1]);
  Free(blocks.kept[0]);
  char* from_cache = New(256);
  if (wrong) Free(blocks.kept[1]);
  Free(from_cache);
}
void LinkOfSharedList(bool wrong) {
  Blocks blocks(48);
  blocks.FillCache();
  Free(blocks.kept[0]);
  if (wrong) *Words(blocks.kept[0]) = Disguised(blocks.kept[0], g_target);
}
void SmallBack(bool wrong) {
  Blocks blocks(256);
  blocks.FillCache();
  Free(blocks.kept[0]);
  Hidden(malloc(1200));
  if (wrong) Words(blocks.kept[0])[1] = Address(g_target);
}
void UnsortedBack(bool wrong) {
  Blocks blocks(1056);
  Free(blocks.kept[0]);
  if (wrong) Words(blocks.kept[0])[1] = Address(g_target);
}
void LargeBack(bool wrong) {
  Blocks blocks(1064);
  Free(blocks.kept[0]);
  Hidden(malloc(1200));
  if (wrong) Words(blocks.kept[0])[3] = Address(g_target);
}
void FakeBlockOnTheSide(size_t bytes, bool wrong) {
  g_target[1] = bytes + kGranule + kInUse;
  g_target[(bytes + kGranule) / sizeof(Word) + 1] = 64 + kInUse;  // the size of the one behind
  Free(wrong ? static_cast<void*>(&g_target[2]) : New(bytes));
}
void SpiritOfCache(bool wrong) { FakeBlockOnTheSide(48, wrong); }
void SpiritOfSharedList(bool wrong) {
  Blocks blocks(48);
  blocks.FillCache();
  FakeBlockOnTheSide(48, wrong);
}
void FakeBlockInABlock(bool wrong) {
  char* block = New(400);
  Words(block)[1] = 64 + kInUse;
  Words(block)[9] = 64 + kInUse;
  Free(wrong ? block + kGranule : block);
}
// Blocks side by side, of which the first reaches into the second's size. All are freed, the second first.
struct Row {
  explicit Row(size_t bytes) {
    for (char*& block : blocks) block = New(bytes);
  }
  void FreeAll() {
    for (const unsigned i : {1u, 0u, 2u}) Free(blocks[i]);
  }
  void PutNull(size_t at) { *static_cast<volatile char*>(Hidden(blocks[0] + at)) = 0; }
  char* blocks[3];
};
void Unlink(bool wrong) {
  Row row(1064);
  if (wrong) {
    volatile Word* fake = Words(row.blocks[0]);
    fake[1] = 1056;
    fake[2] = Address(g_target);
    fake[3] = Address(g_target + 1);
    fake[132] = 1056;  // the second's previous size
    fake[133] = 1072;  // its size: the one before is free
  }
  row.FreeAll();
}
void NullByte(bool wrong) {
  Row row(1272);
  if (wrong) row.PutNull(1272);
  row.FreeAll();
}
void NullByteAndPreviousSize(bool wrong) {
  Row row(1272);
  if (wrong) {
    Words(row.blocks[0])[158] = 1200;
    row.PutNull(1272);
  }
  row.FreeAll();
}
void SizeOfLive(bool wrong) {
  Row row(72);
  if (wrong) Words(row.blocks[0])[9] = 256 + kInUse;
  row.FreeAll();
}
void SizeOfFreed(bool wrong) {
  Row row(1272);
  Free(row.blocks[1]);
  if (wrong) Words(row.blocks[0])[159] = 2560 + kInUse;
  Free(row.blocks[0]);
}
void SizeOfLastBlock(bool wrong) {  // the rest of the heap, made endless
  char* block = New(264);
  if (wrong) Words(block)[33] = ~Word{0};
  Hidden(malloc(3000));
  Free(block);
}
void SizeOfLastBlockLess(bool wrong) {  // made small, so that it is freed when the heap grows
  char* block = New(264);
  if (wrong) Words(block)[33] = 0xd01;
  Hidden(malloc(0x2000));
  Free(block);
}
void SizeOfMapped(bool wrong) {
  char *first = New(kLargeBytes), *second = New(kLargeBytes);
  if (wrong) *Words(second - sizeof(Word)) += kLargeBytes / 4096 * 4096;
  Free(second);
  Free(first);
}
void OwnSize(bool wrong) {
  Blocks blocks(48);
  if (wrong) *Words(blocks.kept[1] - sizeof(Word)) = 128 + kInUse;
  Free(blocks.kept[1]);
}

struct Technique {
  const char* name;
  Promise promise;
  void (*commit)(bool wrong);
};
constexpr auto kYes = Promise::kAlways;
constexpr auto kTags = Promise::kTags;
constexpr Technique kTechniques[] = {
    {"cache-poisoning", kYes, PoisonCache},
    {"link-read", kTags, ReadLink},
    {"key-read", kTags, ReadKey},
    {"key-erased", kYes, EraseKey},
    {"double-free-around", kYes, DoubleFreeAround},
    {"double-free-consolidated", kYes, DoubleFreeAfterConsolidation},
    {"double-free-two-lists", kYes, DoubleFreeIntoTwoLists},
    {"shared-list-poisoning", kYes, LinkOfSharedList},
    {"small-back-link", kYes, SmallBack},
    {"unsorted-back-link", kYes, UnsortedBack},
    {"large-back-link", kYes, LargeBack},
    {"spirit-cache", kYes, SpiritOfCache},
    {"spirit-shared-list", kYes, SpiritOfSharedList},
    {"block-within", kYes, FakeBlockInABlock},
    {"unlink", kYes, Unlink},
    {"null-byte", kYes, NullByte},
    {"null-byte-previous-size", kYes, NullByteAndPreviousSize},
    {"size-of-live", kYes, SizeOfLive},
    {"size-of-freed", kYes, SizeOfFreed},
    {"size-of-rest", kYes, SizeOfLastBlock},
    {"size-of-rest-less", kYes, SizeOfLastBlockLess},
    {"size-of-mapped", kYes, SizeOfMapped},
    {"own-size", kTags, OwnSize},
};

}  // namespace

void AddTechniques() {
  for (unsigned i = 0; i < sizeof kTechniques / sizeof *kTechniques; i++)
    Add({.family = Family::kTechnique, .detail = i, .promise = kTechniques[i].promise}, kTechniques[i].name);
}

void CommitTechnique(const Case& form, bool wrong) {
  kTechniques[form.detail].commit(wrong);
  for (const size_t bytes :
       {size_t{24}, size_t{48}, size_t{72}, size_t{256}, size_t{264}, size_t{1056}, size_t{1064}, size_t{1272}})
    Churn(Api::kMalloc, bytes);
}

}  // namespace caponier::misuse
