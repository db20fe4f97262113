// The corpus of `caponier audit heap`: misuses of the heap, each with a valid twin that does the same work rightly, made by combination. Every
// run of the program commits one. No C++ library is used, since there is none for every C library it is built against.
//
// A case's name says what it is: "overflow-write/malloc/100/granule". Its promise says where docs/heap.md names it as certain for
// libcaponier-heap; the audit holds the library to that.
#pragma once

#include <stddef.h>
#include <stdint.h>

#include <initializer_list>

namespace caponier::misuse {

enum class Family : unsigned char {
  kOverflowWrite,   // CWE-122
  kUnderflowWrite,  // CWE-124
  kOverflowRead,    // CWE-126
  kUnderflowRead,   // CWE-127
  kDoubleFree,      // CWE-415
  kUseAfterFree,    // CWE-416
  kForeignFree,     // CWE-590
  kInteriorFree,    // CWE-761
  kWrongRelease,    // CWE-762
  kTechnique,       // forged fields and lists of an allocator's own, as exploits write them
};
enum class Api : unsigned char { kMalloc, kCalloc, kRealloc, kMemalign, kNew, kNewArray };
// With whom the case is certain to be caught.
enum class Promise : unsigned char { kNone, kTags, kAlways };

struct Case {
  Family family{};
  Api api{};
  size_t bytes = 0;
  unsigned detail = 0;  // an enumerator of the family's own
  unsigned count = 0;   // reuses, or what else the family counts
  bool write = false;
  Promise promise{};
  char name[64] = {};
};

// Appends to the corpus; exits when it is full.
void Add(const Case& form, const char* detail);

void AddAccesses();    // out of a block's bounds
void AddLifetimes();   // after its end
void AddReleases();    // of what may not be released so
void AddTechniques();  // of exploits

// Commits the case, or with `wrong` false does its valid twin.
void CommitAccess(const Case& form, bool wrong);
void CommitLifetime(const Case& form, bool wrong);
void CommitRelease(const Case& form, bool wrong);
void CommitTechnique(const Case& form, bool wrong);

// Blocks. The compiler knows malloc and would leave things out; what passes through Hidden it knows nothing of.
template <typename T>
T* Hidden(T* pointer) {
  asm volatile("" : "+r"(pointer) : : "memory");
  return pointer;
}
// A write that leaves memory as it was would harm nobody: this one changes it.
inline void Put(char* at) {
  volatile char* const byte = Hidden(at);
  *byte = static_cast<char>(~*byte);
}
inline void Get(const char* at) { (void)*static_cast<const volatile char*>(Hidden(at)); }
inline void Touch(char* at, bool write) { write ? Put(at) : Get(at); }
// Where it stands, without a tag.
inline uintptr_t PlaceOf(const void* pointer) { return reinterpret_cast<uintptr_t>(pointer) << 8 >> 8; }

inline constexpr size_t kGranule = 16;
constexpr size_t RoundUp(size_t bytes) { return (bytes + kGranule - 1) / kGranule * kGranule; }
inline constexpr size_t kLargeBytes = 300'000;  // more than any allocator of the comparison has slots for

char* Allocate(Api api, size_t bytes);
void Release(Api api, char* block);
// Allocations and frees that give the allocator the occasion to find what is amiss.
void Churn(Api api, size_t bytes);

}  // namespace caponier::misuse
