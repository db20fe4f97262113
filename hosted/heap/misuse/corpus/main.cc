// `caponier-heap-misuse list` prints the cases, one a line: name, family, "always", "tags" or "-" for where it is promised to be caught;
// `NAME` commits one, and `NAME valid` does its valid twin. A run that is not stopped ends with status 0.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "hosted/heap/misuse/corpus/corpus.h"

namespace caponier::misuse {
namespace {

constexpr unsigned kMaxCases = 1024;
Case g_cases[kMaxCases];
unsigned g_count;

constexpr const char* kFamilies[] = {"overflow-write", "underflow-write", "overflow-read", "underflow-read", "double-free",
                                     "use-after-free", "foreign-free",    "interior-free", "wrong-release",  "technique"};
constexpr const char* kApis[] = {"malloc", "calloc", "realloc", "memalign", "new", "new[]"};
constexpr const char* kPromises[] = {"-", "tags", "always"};
constexpr unsigned kSecondsToHang = 20;

template <typename E>
unsigned Index(E value) {
  return static_cast<unsigned>(value);
}

void Commit(const Case& form, bool wrong) {
  switch (form.family) {
    case Family::kOverflowWrite:
    case Family::kUnderflowWrite:
    case Family::kOverflowRead:
    case Family::kUnderflowRead: return CommitAccess(form, wrong);
    case Family::kDoubleFree:
    case Family::kUseAfterFree: return CommitLifetime(form, wrong);
    case Family::kForeignFree:
    case Family::kInteriorFree:
    case Family::kWrongRelease: return CommitRelease(form, wrong);
    case Family::kTechnique: return CommitTechnique(form, wrong);
  }
}

}  // namespace

void Add(const Case& form, const char* detail) {
  if (g_count == kMaxCases) abort();
  Case& added = g_cases[g_count++];
  added = form;
  const char* family = kFamilies[Index(form.family)];
  if (form.family == Family::kTechnique) snprintf(added.name, sizeof added.name, "%s/%s", family, detail);
  else snprintf(added.name, sizeof added.name, "%s/%s/%zu/%s", family, kApis[Index(form.api)], form.bytes, detail);
}

}  // namespace caponier::misuse

int main(int argc, char** argv) {
  using namespace caponier::misuse;
  AddAccesses();
  AddLifetimes();
  AddReleases();
  AddTechniques();
  if (argc < 2) return 2;
  alarm(kSecondsToHang);
  for (unsigned i = 0; i < g_count; i++) {
    const Case& form = g_cases[i];
    if (strcmp(argv[1], "list") == 0) {
      printf("%s\t%s\t%s\n", form.name, kFamilies[Index(form.family)], kPromises[Index(form.promise)]);
    } else if (strcmp(argv[1], form.name) == 0) {
      Commit(form, argc < 3);
      return 0;
    }
  }
  return strcmp(argv[1], "list") == 0 ? 0 : 2;
}
