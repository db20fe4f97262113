// Overflows a buffer on the stack up to the return address, which leads to another function. With `open`, in a function that
// the compiler's stack protector leaves alone.
#include "guest/attacks/crime.h"

#if defined(__x86_64__)
__attribute__((force_align_arg_pointer))  // it is not called, so that the stack is not as for a call
#endif
_Noreturn static void
Reached(void) {
  Worked("the return went where the overflow said");
}

static inline __attribute__((always_inline)) size_t Overflow(volatile char *unused) {
  volatile char buffer[32];
  buffer[0] = *unused;
  uintptr_t *frame = __builtin_frame_address(0);  // the caller's frame, and the return address
  const uintptr_t forged[] = {frame[0], (uintptr_t)Reached};
  const volatile char *end = Launder(&frame[0]);
  volatile char *at = Launder(buffer);
  while (at != end) *at++ = 'A';
  for (size_t i = 0; i < sizeof(forged); i++) at[i] = ((const char *)forged)[i];
  return (size_t)buffer[0];
}

__attribute__((noinline)) static size_t Protected(volatile char *unused) { return Overflow(unused); }
__attribute__((noinline, no_stack_protector)) static size_t Unprotected(volatile char *unused) { return Overflow(unused); }

int main(int count, char **arguments) {
  volatile char byte = 0;
  return (int)(Open(count, arguments) ? Unprotected(&byte) : Protected(&byte));
}
