// operator new where there is not enough: the program's handler is asked, and then the exception comes; the nothrow form gives null. For
// hosted_test.sh.
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
    return block == nullptr && asked == 3 ? 0 : 1;
  }
  return 2;
}
