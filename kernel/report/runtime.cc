// What the language's runtime library would bring: the ends that must not be reached.
#include <new>

#include "kernel/report/crash.h"

namespace std {
const nothrow_t nothrow{};
inline namespace __1 {
[[noreturn]] void __libcpp_verbose_abort(const char*, ...) { caponier::report::Panic("a check of the standard library failed"); }
}  // namespace __1
}  // namespace std

extern "C" [[noreturn]] void __cxa_pure_virtual() { caponier::report::Panic("a pure virtual function was called"); }
