// Accesses before and behind a block: one byte at a distance, or a run that begins in the block. Its neighbours are live and full.
#include <stdio.h>
#include <string.h>

#include "hosted/heap/misuse/corpus/corpus.h"

namespace caponier::misuse {
namespace {

enum Distance : unsigned {
  kByte,       // the one next to the block
  kWord,       // before it: eight bytes away, where some allocators keep its size
  kGranule16,  // behind it: the first of the next granule
  kNeighbour,  // in the midst of the neighbour
  kRun,        // all of a mebibyte
};
constexpr const char* kDistances[] = {"byte", "word", "granule", "neighbour", "run"};
constexpr size_t kRunBytes = size_t{1} << 20;
constexpr unsigned kMaxNeighbours = 64;
constexpr size_t kCanaryBytes = 8;  // behind a block, are looked at when it is freed

bool IsForward(Family family) { return family == Family::kOverflowWrite || family == Family::kOverflowRead; }

// From the block's start.
ptrdiff_t OffsetOf(const Case& form) {
  const auto bytes = static_cast<ptrdiff_t>(form.bytes), rounded = static_cast<ptrdiff_t>(RoundUp(form.bytes));
  if (IsForward(form.family)) {
    switch (form.detail) {
      case kGranule16: return rounded;
      case kNeighbour: return rounded + bytes / 2;
      default: return bytes;
    }
  }
  switch (form.detail) {
    case kWord: return -8;
    case kNeighbour: return -rounded / 2;
    default: return -1;
  }
}

Promise PromiseOf(const Case& form) {
  const bool large = form.bytes >= kLargeBytes;
  const ptrdiff_t offset = OffsetOf(form);
  // In the first page of a large block, or at the end of the neighbour's slot.
  const bool in_front = form.detail == kByte || form.detail == kWord;
  if (!IsForward(form.family)) return form.write && in_front ? Promise::kAlways : large ? Promise::kNone : Promise::kTags;
  if (large && static_cast<size_t>(offset) >= RoundUp(form.bytes)) return Promise::kAlways;
  const bool in_canary = static_cast<size_t>(offset) < form.bytes + kCanaryBytes;
  if (form.write && in_canary) return Promise::kAlways;
  if (form.detail == kRun) return large ? Promise::kAlways : Promise::kTags;
  return static_cast<size_t>(offset) >= RoundUp(form.bytes) ? Promise::kTags : Promise::kNone;
}

void AddOne(Case form, unsigned distance) {
  form.detail = distance;
  form.write = form.family == Family::kOverflowWrite || form.family == Family::kUnderflowWrite;
  form.promise = PromiseOf(form);
  Add(form, kDistances[distance]);
}

}  // namespace

void AddAccesses() {
  constexpr Family kAll[] = {Family::kOverflowWrite, Family::kUnderflowWrite, Family::kOverflowRead, Family::kUnderflowRead};
  for (const Family family : kAll) {
    for (const size_t bytes :
         {size_t{0}, size_t{13}, size_t{48}, size_t{100}, size_t{500}, size_t{2000}, size_t{20'000}, kLargeBytes}) {
      for (unsigned distance = kByte; distance <= kRun; distance++) {
        const bool whole_granules = bytes % kGranule == 0;
        if (IsForward(family) ? distance == kWord || (distance == kGranule16 && whole_granules) : distance == kGranule16)
          continue;
        if (distance == kNeighbour && (bytes == 0 || (!IsForward(family) && bytes == 13))) continue;  // as another distance
        AddOne({.family = family, .api = Api::kMalloc, .bytes = bytes}, distance);
      }
    }
    for (const Api api : {Api::kCalloc, Api::kRealloc, Api::kMemalign, Api::kNew, Api::kNewArray})
      for (const size_t bytes : {size_t{48}, size_t{500}}) AddOne({.family = family, .api = api, .bytes = bytes}, kByte);
  }
}

void CommitAccess(const Case& form, bool wrong) {
  const unsigned count = form.bytes >= kLargeBytes ? 3 : form.bytes > 4096 ? 16 : kMaxNeighbours;
  char* blocks[kMaxNeighbours];
  for (unsigned i = 0; i < count; i++) blocks[i] = Allocate(form.api, form.bytes);
  char* block = blocks[count / 2];
  if (form.detail == kRun) {
    const size_t bytes = form.bytes + (wrong ? kRunBytes : 0);
    const ptrdiff_t step = IsForward(form.family) ? 1 : -1;
    char* at = step > 0 ? block : block + form.bytes - 1;
    for (size_t i = 0; i < bytes; i++, at += step) Touch(at, form.write);
  } else if (wrong) {
    Touch(block + OffsetOf(form), form.write);
  } else if (form.bytes > 0) {
    Touch(IsForward(form.family) ? block + form.bytes - 1 : block, form.write);
  }
  for (unsigned i = 0; i < count; i++) Release(form.api, blocks[i]);
  Churn(form.api, form.bytes);
}

}  // namespace caponier::misuse
