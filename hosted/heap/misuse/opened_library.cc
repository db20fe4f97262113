// A library in C++ that a program in C opens for itself alone: what `new` does there where there is not enough. For hosted_test.sh.
#include <cstddef>
#include <new>
#include <vector>

static int g_asked = 0;

extern "C" int RunOutOfMemory() {
  constexpr size_t kMost = size_t{1} << 62;
  std::set_new_handler([] {
    if (++g_asked == 3) std::set_new_handler(nullptr);
  });
  void* volatile block = nullptr;
  try {
    block = ::operator new(kMost);
    return 1;
  } catch (const std::bad_alloc&) {
  }
  if (g_asked != 3) return 2;
  try {
    block = ::operator new(kMost, std::align_val_t{64});
    return 3;
  } catch (const std::bad_alloc&) {
  }
  block = ::operator new[](kMost, std::nothrow);
  if (block != nullptr) return 4;
  try {
    std::vector<char>().reserve(kMost);
    return 5;
  } catch (const std::bad_alloc&) {
  }
  std::set_new_handler([] { throw 7; });
  try {
    block = ::operator new(kMost);
    return 6;
  } catch (int thrown) {
    return thrown == 7 ? 0 : 7;
  }
}
