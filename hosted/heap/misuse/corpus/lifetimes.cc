// Blocks that are used or freed after they were freed: at once, after others, and when their place serves another block.
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>

#include "hosted/heap/misuse/corpus/corpus.h"

namespace caponier::misuse {
namespace {

// What becomes of the block between its free and the misuse.
enum Between : unsigned {
  kNothing,
  kOtherFreed,  // another of its size is freed
  kEightFreed,
  kChurned,       // many come and go
  kReused,        // its place serves a live block by then, for the count-th time
  kMoved,         // it was not freed but moved by realloc
  kReallocated,   // the second free is a realloc
  kAskedForSize,  // the misuse is malloc_usable_size
};

constexpr unsigned kOthers = 8;

// Allocates until the place has come back `count` times, or, where it does not, long enough. The last block lives.
char* Reuse(const Case& form, uintptr_t place) {
  const unsigned tries = form.bytes >= kLargeBytes ? 2000 : form.bytes > 4096 ? 4000 : 20'000;
  char* block = nullptr;
  unsigned reuses = 0;
  for (unsigned i = 0; i < tries; i++) {
    block = Allocate(form.api, form.bytes);
    if (PlaceOf(block) == place && ++reuses == form.count) return block;
    Release(form.api, block);
  }
  return Allocate(form.api, form.bytes);
}

void AddOne(Case form, unsigned between, Promise promise, const char* detail) {
  form.detail = between;
  form.promise = promise;
  Add(form, detail);
}

void AddUses(Family family) {
  for (const bool write : {false, true}) {
    char text[32];
    const char* kind = write ? "write" : "read";
    for (const size_t bytes : {size_t{13}, size_t{48}, size_t{100}, size_t{500}, size_t{2000}, size_t{20'000}, kLargeBytes}) {
      const bool large = bytes >= kLargeBytes;
      const Case form{.family = family, .api = Api::kMalloc, .bytes = bytes, .write = write};
      AddOne(form, kNothing, large || write ? Promise::kAlways : Promise::kTags, kind);
      for (const unsigned reuses : {1u, 8u, 13u, 64u}) {
        if (large && reuses > 8) continue;
        Case reused = form;
        reused.count = reuses;
        snprintf(text, sizeof text, "%s-reused-%u", kind, reuses);
        AddOne(reused, kReused, large ? Promise::kNone : Promise::kTags, text);
      }
      if (large) continue;
      snprintf(text, sizeof text, "%s-moved", kind);
      AddOne(form, kMoved, write ? Promise::kAlways : Promise::kTags, text);
    }
    for (const Api api : {Api::kCalloc, Api::kRealloc, Api::kMemalign, Api::kNew, Api::kNewArray}) {
      const Case form{.family = family, .api = api, .bytes = 100, .count = 1, .write = write};
      AddOne(form, kNothing, write ? Promise::kAlways : Promise::kTags, kind);
      snprintf(text, sizeof text, "%s-reused-1", kind);
      AddOne(form, kReused, Promise::kTags, text);
    }
  }
}

void AddFrees(Family family) {
  for (const size_t bytes : {size_t{13}, size_t{48}, size_t{100}, size_t{500}, size_t{2000}, size_t{20'000}, kLargeBytes}) {
    const Case form{.family = family, .api = Api::kMalloc, .bytes = bytes, .count = 1};
    AddOne(form, kNothing, Promise::kAlways, "at-once");
    AddOne(form, kOtherFreed, Promise::kAlways, "after-another");
    AddOne(form, kEightFreed, Promise::kAlways, "after-eight");
    AddOne(form, kChurned, Promise::kAlways, "after-churn");
    AddOne(form, kReused, bytes >= kLargeBytes ? Promise::kNone : Promise::kTags, "reused");
    AddOne(form, kReallocated, Promise::kAlways, "by-realloc");
    AddOne(form, kAskedForSize, Promise::kAlways, "size-asked");
  }
  for (const Api api : {Api::kCalloc, Api::kRealloc, Api::kMemalign, Api::kNew, Api::kNewArray}) {
    const Case form{.family = family, .api = api, .bytes = 100, .count = 1};
    AddOne(form, kNothing, Promise::kAlways, "at-once");
    AddOne(form, kOtherFreed, Promise::kAlways, "after-another");
    AddOne(form, kReused, Promise::kTags, "reused");
  }
}

}  // namespace

void AddLifetimes() {
  AddFrees(Family::kDoubleFree);
  AddUses(Family::kUseAfterFree);
}

void CommitLifetime(const Case& form, bool wrong) {
  char* others[kOthers];
  for (char*& other : others) other = Allocate(form.api, form.bytes);
  char* block = Allocate(form.api, form.bytes);
  char* live = Allocate(form.api, form.bytes);  // behind it, so that it cannot grow where it is; the twin uses it
  if (form.detail == kMoved) live = Hidden(static_cast<char*>(realloc(block, form.bytes * 64)));
  else Release(form.api, block);
  const unsigned freed = form.detail == kOtherFreed ? 1 : form.detail == kEightFreed ? kOthers : 0;
  for (unsigned i = 0; i < freed; i++) Release(form.api, others[i]);
  if (form.detail == kChurned) Churn(form.api, form.bytes);
  if (form.detail == kReused) live = Reuse(form, PlaceOf(block));

  char* const used = wrong ? block : live;
  if (form.family == Family::kUseAfterFree) Touch(used + form.bytes / 2, form.write);
  else if (form.detail == kAskedForSize) (void)malloc_usable_size(Hidden(used));
  else if (form.detail == kReallocated) (void)Hidden(realloc(Hidden(used), form.bytes * 2));
  else Release(form.api, used);

  Churn(form.api, form.bytes);
  for (unsigned i = freed; i < kOthers; i++) Release(form.api, others[i]);
  const bool ended = !wrong && form.family == Family::kDoubleFree && form.detail != kAskedForSize;
  if (!ended) Release(form.api, live);
  Churn(form.api, form.bytes);
}

}  // namespace caponier::misuse
