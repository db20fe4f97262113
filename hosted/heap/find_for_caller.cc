// A program in C that opens a library in C++ without RTLD_GLOBAL, as python3 and perl open theirs, has a C++ library that no name of the
// program's leads to. Only in the shared library, since a static program that refers to dlopen is warned about by its linker.
#include "hosted/heap/find_for_caller.h"

#include <dlfcn.h>

namespace caponier::hosted {

void* FindForCaller(const void* caller, const char* name) {
  Dl_info place;
  if (dladdr(caller, &place) == 0 || place.dli_fname == nullptr) return nullptr;
  void* library = dlopen(place.dli_fname, RTLD_LAZY | RTLD_NOLOAD);
  if (library == nullptr) return nullptr;
  void* found = dlsym(library, name);
  dlclose(library);  // its caller's own handle keeps it
  return found;
}

}  // namespace caponier::hosted
