// Releases of what is no block, of places within one, and by another function than the one that belongs to it.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <new>

#include "hosted/heap/misuse/corpus/corpus.h"

namespace caponier::misuse {
namespace {

using Wide = std::align_val_t;

enum Releaser : unsigned { kFree, kReallocate, kDelete, kDeleteArray, kReleasers };
constexpr const char* kReleaserNames[] = {"free", "realloc", "delete", "delete[]"};

void ReleaseBy(unsigned releaser, char* block) {
  block = Hidden(block);
  switch (releaser) {
    case kFree: return free(block);
    case kReallocate: Hidden(realloc(block, 32)); return;
    case kDelete: return ::operator delete(block);
    default: return ::operator delete[](block);
  }
}

// CWE-590: memory that no allocator gave.
enum Foreign : unsigned { kStack, kStatic, kText, kPage, kEnvironment, kCode, kForeigns };
constexpr const char* kForeignNames[] = {"stack", "static", "text", "page", "environment", "code"};

void CommitForeign(const Case& form, bool wrong) {
  alignas(kGranule) char on_stack[256] = {};
  alignas(kGranule) static char in_data[256];
  alignas(kGranule) static const char text[] = "a string that is written in the program, and longer than a word";
  char* block = Allocate(Api::kMalloc, form.bytes);
  if (wrong) {
    switch (form.detail % kForeigns) {
      case kStack: block = on_stack; break;
      case kStatic: block = in_data; break;
      case kText: block = const_cast<char*>(text); break;
      case kPage:
        block = static_cast<char*>(mmap(nullptr, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)) + 4096;
        break;
      case kEnvironment: block = environ[0]; break;
      default: block = reinterpret_cast<char*>(&CommitForeign); break;
    }
  }
  ReleaseBy(form.detail / kForeigns, block);
  Churn(Api::kMalloc, form.bytes);
}

// CWE-761: `detail` is the releaser, `count` which of these places.
enum Place : unsigned { kOneByte, kOneWord, kOneGranule, kMiddle, kBefore, kPlaces };
constexpr const char* kPlaceNames[] = {"one-byte", "one-word", "one-granule", "middle", "before"};

void CommitInterior(const Case& form, bool wrong) {
  char* first = Allocate(form.api, form.bytes);
  char* block = Allocate(form.api, form.bytes);
  const ptrdiff_t offsets[kPlaces] = {1, 8, kGranule, static_cast<ptrdiff_t>(RoundUp(form.bytes / 2)), -ptrdiff_t{kGranule}};
  ReleaseBy(form.detail, wrong ? block + offsets[form.count] : block);
  Release(form.api, first);
  Churn(form.api, form.bytes);
}

// CWE-762, and the sizes and alignments that C++ passes to delete.
struct Mismatch {
  const char* name;
  size_t bytes;
  Promise promise;
  void (*commit)(size_t bytes, bool wrong);
};
char* NewWide(size_t bytes) { return Hidden(static_cast<char*>(::operator new(bytes, Wide{64}))); }
// One that is not by chance where a page begins.
char* NewOffPage(size_t bytes) {
  char* block = Allocate(Api::kNew, bytes);
  while (PlaceOf(block) % 4096 == 0) block = Allocate(Api::kNew, bytes);
  return block;
}
template <Api kApi, unsigned kWrong, unsigned kRight>
void Swapped(size_t bytes, bool wrong) {
  ReleaseBy(wrong ? kWrong : kRight, Allocate(kApi, bytes));
}
template <int kOff>
void Sized(size_t bytes, bool wrong) {
  ::operator delete(Allocate(Api::kNew, bytes), wrong ? bytes + kOff : bytes);
}
template <int kOff>
void SizedArray(size_t bytes, bool wrong) {
  ::operator delete[](Allocate(Api::kNewArray, bytes), wrong ? bytes + kOff : bytes);
}
void HalfArray(size_t bytes, bool wrong) { ::operator delete[](Allocate(Api::kNewArray, bytes), wrong ? bytes / 2 : bytes); }
void SizedWide(size_t bytes, bool wrong) { ::operator delete(NewWide(bytes), wrong ? bytes * 2 : bytes, Wide{64}); }
void WrongAlignment(size_t bytes, bool wrong) {
  char* block = NewOffPage(bytes);
  if (wrong) ::operator delete(block, bytes, Wide{4096});
  else ::operator delete(block, bytes);
}
void WideFreed(size_t bytes, bool wrong) {
  char* block = NewWide(bytes);
  if (wrong) free(block);
  else ::operator delete(block, Wide{64});
}

constexpr auto kNo = Promise::kNone;
constexpr auto kYes = Promise::kAlways;
constexpr Mismatch kMismatches[] = {
    {"new-free", 48, kNo, Swapped<Api::kNew, kFree, kDelete>},
    {"new-free", 2000, kNo, Swapped<Api::kNew, kFree, kDelete>},
    {"new-realloc", 48, kNo, Swapped<Api::kNew, kReallocate, kDelete>},
    {"new-delete[]", 48, kNo, Swapped<Api::kNew, kDeleteArray, kDelete>},
    {"new-delete[]", 2000, kNo, Swapped<Api::kNew, kDeleteArray, kDelete>},
    {"new[]-delete", 48, kNo, Swapped<Api::kNewArray, kDelete, kDeleteArray>},
    {"new[]-delete", 2000, kNo, Swapped<Api::kNewArray, kDelete, kDeleteArray>},
    {"new[]-free", 48, kNo, Swapped<Api::kNewArray, kFree, kDeleteArray>},
    {"malloc-delete", 48, kNo, Swapped<Api::kMalloc, kDelete, kFree>},
    {"malloc-delete", 2000, kNo, Swapped<Api::kMalloc, kDelete, kFree>},
    {"malloc-delete[]", 48, kNo, Swapped<Api::kMalloc, kDeleteArray, kFree>},
    {"calloc-delete", 48, kNo, Swapped<Api::kCalloc, kDelete, kFree>},
    {"realloc-delete", 48, kNo, Swapped<Api::kRealloc, kDelete, kFree>},
    {"memalign-delete", 48, kNo, Swapped<Api::kMemalign, kDelete, kFree>},
    {"aligned-new-free", 100, kNo, WideFreed},
    {"size-one-more", 48, kYes, Sized<1>},
    {"size-one-more", 100, kYes, Sized<1>},
    {"size-one-less", 100, kYes, Sized<-1>},
    {"size-one-less", 2000, kYes, Sized<-1>},
    {"size-far-more", 100, kYes, Sized<4000>},
    {"size-far-more", 20'000, kYes, Sized<4000>},
    {"size-one-more", kLargeBytes, kYes, Sized<1>},
    {"array-one-more", 100, kYes, SizedArray<1>},
    {"array-half", 100, kYes, HalfArray},
    {"array-half", 2000, kYes, HalfArray},
    {"aligned-double", 100, kYes, SizedWide},
    {"alignment", 100, kYes, WrongAlignment},
    {"alignment", 2000, kYes, WrongAlignment},
};

}  // namespace

void AddReleases() {
  char text[48];
  for (unsigned releaser = kFree; releaser <= kDelete; releaser++)
    for (unsigned what = 0; what < kForeigns; what++) {
      snprintf(text, sizeof text, "%s-of-%s", kReleaserNames[releaser], kForeignNames[what]);
      Add({.family = Family::kForeignFree, .bytes = 64, .detail = releaser * kForeigns + what, .promise = Promise::kAlways},
          text);
    }
  for (unsigned releaser = kFree; releaser < kReleasers; releaser++)
    for (const size_t bytes : {size_t{48}, size_t{100}, size_t{2000}, size_t{20'000}, kLargeBytes}) {
      if (releaser != kFree && bytes != 100) continue;
      for (unsigned place = 0; place < kPlaces; place++) {
        const Api api = releaser == kDelete ? Api::kNew : releaser == kDeleteArray ? Api::kNewArray : Api::kMalloc;
        snprintf(text, sizeof text, "%s-at-%s", kReleaserNames[releaser], kPlaceNames[place]);
        Add({.family = Family::kInteriorFree,
             .api = api,
             .bytes = bytes,
             .detail = releaser,
             .count = place,
             .promise = Promise::kAlways},
            text);
      }
    }
  for (unsigned i = 0; i < sizeof kMismatches / sizeof *kMismatches; i++) {
    const Mismatch& mismatch = kMismatches[i];
    Add({.family = Family::kWrongRelease, .bytes = mismatch.bytes, .detail = i, .promise = mismatch.promise}, mismatch.name);
  }
}

void CommitRelease(const Case& form, bool wrong) {
  if (form.family == Family::kForeignFree) return CommitForeign(form, wrong);
  if (form.family == Family::kInteriorFree) return CommitInterior(form, wrong);
  kMismatches[form.detail].commit(form.bytes, wrong);
  Churn(Api::kNew, form.bytes);
}

}  // namespace caponier::misuse
