// A program that replaces two of C++'s operators and leaves the others to their defaults, which must end in its own. For hosted_test.sh.
#include <cstdlib>
#include <new>

namespace {
alignas(16) char g_pool[4096];
size_t g_used, g_freed;
}  // namespace

void* operator new(size_t bytes) {
  void* block = g_pool + g_used;
  g_used += (bytes + 15) / 16 * 16;
  return block;
}
void operator delete(void*) noexcept { g_freed++; }

int main() {
  char* volatile array = static_cast<char*>(::operator new[](100));
  ::operator delete[](array);
  ::operator delete[](array, size_t{100});
  ::operator delete(array, size_t{100});
  return array == g_pool && g_freed == 3 ? 0 : 1;
}
