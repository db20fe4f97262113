// operator new where there is not enough: the program's handler is asked, and then the exception comes; the nothrow form gives null. An alignment
// that is no power of two cannot be had either. For hosted_test.sh.
#include <cstddef>
#include <new>

int main() {
  static int asked = 0;
  std::set_new_handler([] {
    if (++asked == 3) std::set_new_handler(nullptr);
  });
  void* volatile block = nullptr;
  try {
    block = ::operator new(size_t{1} << 62);
  } catch (const std::bad_alloc&) {
    block = ::operator new[](size_t{1} << 62, std::nothrow);
    if (block != nullptr || asked != 3) return 1;
  }
  try {
    block = ::operator new(100, std::align_val_t{24});
  } catch (const std::bad_alloc&) {
    return 0;
  }
  return 2;
}
