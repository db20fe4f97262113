// RTLD_DEEPBIND has a library find names in what it needs itself before it looks where the program does [dlopen(3)], so its malloc and free would
// be the C library's: it would free our blocks to another heap, and hand us blocks of that one. With one heap in the process no library
// can be bound so; it is opened as without the flag. Only in the shared library: a program that has the heap linked in knows what it opens.
#include <dlfcn.h>

#if defined(RTLD_DEEPBIND)  // glibc's
extern "C" __attribute__((visibility("default"))) void* dlopen(const char* name, int mode) {
  using Open = void* (*)(const char*, int);
  const auto open = reinterpret_cast<Open>(dlsym(RTLD_NEXT, "dlopen"));
  [[clang::musttail]] return open(name, mode & ~RTLD_DEEPBIND);  // which looks at its caller's DT_RUNPATH: so that is ours
}
#endif
