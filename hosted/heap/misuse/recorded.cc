// `recorded ALLOCATE FREE` frees a block twice, or with `use` uses it after that, with every way to allocate and to free; with `threads` each
// by another thread, with `reuse` after its slot served others, with `fails` after a realloc that cannot be. `recorded forks` allocates in children while threads of their parent do. For record_test.sh, which looks whether the report says where. The functions are named as what is looked for.
#include <malloc.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <new>

namespace {

// So that no call below is a function's last instruction, and the compiler leaves none out.
template <typename T>
T* Kept(T* pointer) {
  asm volatile("" : "+r"(pointer) : : "memory");
  return pointer;
}
constexpr size_t kSize = 100;

struct Way {
  const char* name;
  void* (*allocate)();
  void (*release)(void*);
};
const Way kWays[] = {
    {"malloc", [] { return Kept(malloc(kSize)); }, [](void* block) { free(block), Kept(block); }},
    {"calloc", [] { return Kept(calloc(1, kSize)); }, [](void* block) { Kept(realloc(block, 0)); }},
    {"realloc", [] { return Kept(realloc(malloc(kSize), 3000)); }, [](void* block) { Kept(realloc(block, 100'000)); }},
    {"reallocarray", [] { return Kept(reallocarray(nullptr, 1, kSize)); },
     [](void* block) { Kept(reallocarray(block, 1, 5000)); }},
    {"large", [] { return Kept(malloc(300'000)); }, [](void* block) { free(block), Kept(block); }},
    {"aligned_alloc", [] { return Kept(aligned_alloc(64, 128)); }, [](void* block) { free(block), Kept(block); }},
    {"memalign", [] { return Kept(memalign(64, kSize)); }, [](void* block) { free(block), Kept(block); }},
    {"posix_memalign",
     [] {
       void* block = nullptr;
       return posix_memalign(&block, 64, kSize) == 0 ? Kept(block) : nullptr;
     },
     [](void* block) { free(block), Kept(block); }},
    {"valloc", [] { return Kept(valloc(kSize)); }, [](void* block) { free(block), Kept(block); }},
    {"new", [] { return Kept(::operator new(kSize)); }, [](void* block) { ::operator delete(block), Kept(block); }},
    {"new-sized", [] { return Kept(::operator new(kSize)); }, [](void* block) { ::operator delete(block, kSize), Kept(block); }},
    {"new-array", [] { return Kept(::operator new[](kSize)); }, [](void* block) { ::operator delete[](block), Kept(block); }},
    {"new-array-sized", [] { return Kept(::operator new[](kSize)); },
     [](void* block) { ::operator delete[](block, kSize), Kept(block); }},
    {"new-aligned", [] { return Kept(::operator new(kSize, std::align_val_t{64})); },
     [](void* block) { ::operator delete(block, std::align_val_t{64}), Kept(block); }},
    {"new-aligned-sized", [] { return Kept(::operator new(kSize, std::align_val_t{64})); },
     [](void* block) { ::operator delete(block, kSize, std::align_val_t{64}), Kept(block); }},
    {"new-aligned-array", [] { return Kept(::operator new[](kSize, std::align_val_t{64})); },
     [](void* block) { ::operator delete[](block, std::align_val_t{64}), Kept(block); }},
    {"new-aligned-array-sized", [] { return Kept(::operator new[](kSize, std::align_val_t{64})); },
     [](void* block) { ::operator delete[](block, kSize, std::align_val_t{64}), Kept(block); }},
};
const Way* g_way = kWays;
void* g_block;
int g_deep = 0;

void* AllocateForEver(void*) {
  for (;;) free(Kept(malloc(kSize)));
}
int ForkAmidAllocations() {
  pthread_t thread;
  for (int i = 0; i < 3; i++)
    if (pthread_create(&thread, nullptr, AllocateForEver, nullptr) != 0) return 1;
  for (int i = 0; i < 300; i++) {
    const pid_t child = fork();
    if (child == 0) {
      free(Kept(malloc(kSize)));
      _exit(0);
    }
    int status = 0;
    if (child < 0 || waitpid(child, &status, 0) != child || status != 0) return 1;
  }
  return 0;
}

}  // namespace

extern "C" {
// With a stack that is aligned, and one whose size is known when it runs only.
[[gnu::noinline]] void* AllocateHere(void*) {
  alignas(64) char aligned[64];
  Kept(aligned);
  g_block = g_way->allocate();
  return Kept(g_block);
}
[[gnu::noinline]] void* FreeHere(void*) {
  Kept(__builtin_alloca(static_cast<size_t>(g_deep) + 100));
  g_way->release(g_block);
  return Kept(g_block);
}
// The slot serves others.
[[gnu::noinline]] void* ReuseHere(void*) {
  for (int i = 0; i < 200; i++) free(Kept(malloc(kSize)));
  return nullptr;
}
// It lives on.
[[gnu::noinline]] void* FailHere(void*) { return Kept(realloc(g_block, SIZE_MAX / 2)) == nullptr ? g_block : nullptr; }
[[gnu::noinline]] void* FreeAgainHere(void*) {
  g_way->release(g_block);
  return Kept(g_block);
}
[[gnu::noinline]] void* UseHere(void*) {
  *static_cast<volatile char*>(g_block) = 1;
  return Kept(g_block);
}
[[gnu::noinline]] void Deeper(int depth, void* (*then)(void*)) {
  if (depth == 0) then(nullptr);
  else Deeper(depth - 1, then);
  Kept(&depth);
}
}

int main(int count, char** words) {
  bool threads = false, use = false, reuse = false, fails = false;
  for (int i = 2; i < count; i++) {
    threads |= strcmp(words[i], "threads") == 0;
    use |= strcmp(words[i], "use") == 0;
    fails |= strcmp(words[i], "fails") == 0;
    reuse |= strcmp(words[i], "reuse") == 0;
    if (strncmp(words[i], "deep", 4) == 0) g_deep = atoi(words[i] + 4);
  }
  for (const Way& way : kWays) {
    if (count > 1 && strcmp(words[1], way.name) == 0) g_way = &way;
    if (count == 1) puts(way.name);
  }
  if (count == 1) return 0;
  if (strcmp(words[1], "forks") == 0) _exit(ForkAmidAllocations());
  void* (*const steps[])(void*) = {AllocateHere, fails ? FailHere : nullptr, FreeHere, reuse ? ReuseHere : nullptr,
                                   use ? UseHere : FreeAgainHere};
  for (const auto step : steps) {
    if (step == nullptr) continue;
    pthread_t thread;
    if (!threads) Deeper(g_deep, step);
    else if (pthread_create(&thread, nullptr, step, nullptr) != 0 || pthread_join(thread, nullptr) != 0) return 1;
  }
  return 0;
}
