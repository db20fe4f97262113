/* A program in C that opens a library in C++: status 0 where memory that is short is an exception in it. For hosted_test.sh. */
#include <dlfcn.h>

int main(int count, char** arguments) {
  void* library = count == 2 ? dlopen(arguments[1], RTLD_NOW | RTLD_LOCAL) : 0;
  int (*run)(void) = library != 0 ? (int (*)(void))dlsym(library, "RunOutOfMemory") : 0;
  return run != 0 ? run() : 99;
}
