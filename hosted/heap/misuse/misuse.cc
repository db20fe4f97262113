// One misuse of the heap a run: `misuse NAME` commits it, and `misuse NAME valid` does the same work rightly. For hosted_test.sh, which
// says what each must end in. No C++ library is used, since there is none for the other architecture.
#include <errno.h>
#include <malloc.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <new>

namespace {

bool g_wrong = true;  // whether to commit the crime

// The compiler knows malloc and would leave these out.
template <typename T>
T* Hidden(T* pointer) {
  asm volatile("" : "+r"(pointer) : : "memory");
  return pointer;
}
char* New(size_t bytes) { return Hidden(static_cast<char*>(malloc(bytes))); }
void Put(char* at) { *static_cast<volatile char*>(Hidden(at)) = 1; }

void DoubleFree() {
  char* block = New(64);
  free(Hidden(block));
  if (g_wrong) free(Hidden(block));
}
void DoubleFreeLater() {
  char* block = New(64);
  free(Hidden(block));
  for (int i = 0; i < 20; i++) free(New(64));
  if (g_wrong) free(Hidden(block));
}
// A thread that another has cancelled, and that the report must not end instead of the process.
void Cancelled(void (*crime)()) {
  static void (*commit)();
  commit = crime;
  const auto run = [](void*) -> void* {
    pthread_cancel(pthread_self());
    commit();
    return nullptr;
  };
  pthread_t thread;
  if (pthread_create(&thread, nullptr, run, nullptr) == 0) pthread_join(thread, nullptr);
}
void Foreign() {
  static char pool[64];
  if (g_wrong) free(Hidden(pool));
}
void Interior() {
  char* block = New(64);
  free(Hidden(block + (g_wrong ? 16 : 0)));
}
void Behind() {
  char* block = New(130);
  free(Hidden(block + (g_wrong ? 144 : 0)));
}
void Misaligned() {
  char* block = New(64);
  free(Hidden(block + (g_wrong ? 3 : 0)));
}
void OverflowByOne() {
  char* block = New(61);
  memset(block, 1, 61);
  volatile char* behind = Hidden(block + 61);
  if (g_wrong) *behind = static_cast<char>(~*behind);  // another value, whatever stands there
  free(Hidden(block));
}
void OverflowByZero() {
  char* block = New(61);
  if (g_wrong) *static_cast<volatile char*>(block + 61) = 0;
  free(Hidden(block));
}
void OverflowLarge() {
  char* block = New(300'000);
  Put(block + 299'999 + (g_wrong ? 1 : 0));
}
void UnderflowLarge() {
  char* block = New(300'000);
  if (g_wrong) Put(block - 8192);
}
void UseAfterFreeLarge() {
  char* block = New(300'000);
  Put(block);
  free(Hidden(block));
  if (g_wrong) Put(block);
}
void WriteAfterFree() {
  char* block = New(100);
  free(Hidden(block));
  if (g_wrong) Put(block + 50);
  for (int i = 0; i < 1000; i++) free(New(100));
}
void Reallocate() {
  char* block = New(100);
  free(Hidden(block));
  if (g_wrong) Hidden(realloc(Hidden(block), 200));
}
void SizedDelete() {
  auto* block = Hidden(::operator new(100));
  ::operator delete(block, size_t{g_wrong ? 101u : 100u});
}
void ArrayDelete() {
  auto* block = Hidden(::operator new[](100));
  ::operator delete[](block, size_t{g_wrong ? 50u : 100u});
}
void AlignedDelete() {
  auto* block = Hidden(::operator new(100, std::align_val_t{64}));
  ::operator delete(block, size_t{g_wrong ? 64u : 100u}, std::align_val_t{64});
}
void SizedDeleteMost() {
  auto* block = Hidden(::operator new(100));
  ::operator delete(block, g_wrong ? SIZE_MAX : 100);
}
void AlignedDeleteAlone() {
  auto* block = Hidden(::operator new(100, std::align_val_t{64}));
  ::operator delete(block, std::align_val_t{g_wrong ? size_t{1} << 40 : 64});
}
void AlignedDeleteOdd() {
  auto* block = Hidden(::operator new(128, std::align_val_t{64}));
  ::operator delete(block, size_t{128}, std::align_val_t{g_wrong ? 48u : 64u});
}
void SizeOfFreed() {
  char* block = New(100);
  if (g_wrong) free(Hidden(block));
  malloc_usable_size(Hidden(block));
}
void WriteBehind() {
  char* block = New(130);
  Put(block + (g_wrong ? 145 : 129));
  free(Hidden(block));
  for (int i = 0; i < 1000; i++) free(New(130));
}
// Those from here on are certain under tags only.
void OverflowRead() {
  char* block = New(48);
  if (g_wrong) (void)*static_cast<volatile char*>(Hidden(block + 48));
}
void UnderflowWrite() {
  New(48);
  char* block = New(48);
  if (g_wrong) Put(block - 1);
}
void UseAfterFreeRead() {
  char* block = New(48);
  free(Hidden(block));
  if (g_wrong) (void)*static_cast<volatile char*>(Hidden(block));
}
void UseAfterReuse() {
  char* block = New(48);
  free(Hidden(block));
  for (int i = 0; i < 3000; i++) free(New(48));
  if (g_wrong) Put(block);
}

struct NamedCrime {
  const char* name;
  void (*commit)();
};
constexpr NamedCrime kCrimes[] = {
    {"double-free", DoubleFree},
    {"double-free-later", DoubleFreeLater},
    {"double-free-cancelled", [] { Cancelled(DoubleFree); }},
    {"foreign", Foreign},
    {"interior", Interior},
    {"behind", Behind},
    {"misaligned", Misaligned},
    {"overflow-by-one", OverflowByOne},
    {"overflow-by-zero", OverflowByZero},
    {"overflow-large", OverflowLarge},
    {"underflow-large", UnderflowLarge},
    {"use-after-free-large", UseAfterFreeLarge},
    {"use-after-free-cancelled", [] { Cancelled(UseAfterFreeLarge); }},
    {"write-after-free", WriteAfterFree},
    {"realloc-freed", Reallocate},
    {"sized-delete", SizedDelete},
    {"array-delete", ArrayDelete},
    {"aligned-delete", AlignedDelete},
    {"sized-delete-most", SizedDeleteMost},
    {"aligned-delete-alone", AlignedDeleteAlone},
    {"aligned-delete-odd", AlignedDeleteOdd},
    {"size-of-freed", SizeOfFreed},
    {"write-behind", WriteBehind},
    {"overflow-read", OverflowRead},
    {"underflow-write", UnderflowWrite},
    {"use-after-free-read", UseAfterFreeRead},
    {"use-after-reuse", UseAfterReuse},
};

void Require(bool what, const char* name) {
  if (what) return;
  printf("failed: %s\n", name);
  exit(1);
}

// Blocks of all sizes come and go, some through realloc, and keep what was written into them.
void* Churn(void* seed) {
  constexpr int kBlocks = 200;
  struct {
    unsigned char* block;
    size_t bytes;
  } held[kBlocks] = {};
  auto random = reinterpret_cast<uintptr_t>(seed) * 2 + 1;
  for (int i = 0; i < 20'000; i++) {
    random = random * 6364136223846793005 + 1442695040888963407;
    auto& [block, bytes] = held[(random >> 33) % kBlocks];
    const size_t old = bytes;
    bytes = 1 + (random >> 40) % (size_t{8} << (random >> 60));
    if (block != nullptr) Require(block[0] == old % 251 && block[old - 1] == old % 251, "a block keeps its bytes");
    if (i % 3 == 0 && block != nullptr) {
      block = static_cast<unsigned char*>(realloc(block, bytes));
      Require(block[0] == old % 251 || old == 0, "realloc keeps the bytes");
    } else {
      free(block);
      block = static_cast<unsigned char*>(malloc(bytes));
    }
    block[0] = block[bytes - 1] = static_cast<unsigned char>(bytes % 251);
  }
  for (auto& [block, bytes] : held) free(block);
  return nullptr;
}

// What valid programs do: every entry point, threads, forks in the midst of them, out of memory, own handlers.
int DoAll() {
  Require(malloc_usable_size(New(100)) == 100, "usable size is what was asked for");
  Require(calloc(SIZE_MAX / 2, 3) == nullptr && reallocarray(nullptr, SIZE_MAX / 2, 3) == nullptr, "products overflow");
  Require(New(SIZE_MAX - 8) == nullptr && New(PTRDIFF_MAX) == nullptr, "sizes that cannot be");
  void* aligned = nullptr;
  Require(posix_memalign(&aligned, 3, 10) != 0 && posix_memalign(&aligned, 4096, 10) == 0, "posix_memalign");
  const auto is_aligned = [](const void* block, size_t to) { return reinterpret_cast<uintptr_t>(block) % to == 0; };
  Require(memalign(SIZE_MAX - 1, 1) == nullptr && errno == EINVAL, "an alignment beyond every power of two");
  Require(is_aligned(aligned, 4096) && is_aligned(memalign(256, 1), 256) && is_aligned(valloc(1), 4096), "alignment");
  Require(is_aligned(aligned_alloc(1 << 20, 1), 1 << 20), "a large alignment");
  free(aligned);
  free(nullptr);

  // The thread's first call of all, which draws.
  const auto free_alone = [](void* block) -> void* {
    errno = 77;
    free(block);
    Require(errno == 77, "free leaves errno alone");
    return nullptr;
  };
  pthread_t threads[4];
  Require(pthread_create(&threads[0], nullptr, free_alone, New(300'000)) == 0, "a thread");
  pthread_join(threads[0], nullptr);
  for (uintptr_t i = 0; i < 4; i++)
    Require(pthread_create(&threads[i], nullptr, Churn, reinterpret_cast<void*>(i)) == 0, "a thread");
  for (uintptr_t i = 0; i < 20; i++) {
    const pid_t child = fork();
    if (child == 0) {
      Churn(reinterpret_cast<void*>(100 + i));
      _exit(0);
    }
    int status = -1;
    Require(waitpid(child, &status, 0) == child && status == 0, "a child of a fork amid allocations");
  }
  for (const pthread_t thread : threads) pthread_join(thread, nullptr);

  // The program's own handler sees the program's own fault.
  struct sigaction mine = {};
  mine.sa_handler = [](int) { _exit(0); };
  sigaction(SIGSEGV, &mine, nullptr);
  char* block = New(300'000);
  Put(block + 300'000);
  return 1;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) return 2;
  g_wrong = argc < 3;
  if (strcmp(argv[1], "all") == 0) return DoAll();
  for (const NamedCrime& crime : kCrimes) {
    if (strcmp(argv[1], crime.name) != 0) continue;
    crime.commit();
    return 0;
  }
  return 2;
}
