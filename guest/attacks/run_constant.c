// Runs code in a constant.
#include "guest/attacks/crime.h"

// What PutCode would put there, and kAnswer.
#if defined(__x86_64__)
static const _Alignas(PAGE) unsigned char code[PAGE] = {0xb8, kAnswer, 0, 0, 0, 0xc3};
#else
static const _Alignas(PAGE) uint32_t code[PAGE / 4] = {0x52800000u | kAnswer << 5, 0xd65f03c0u};
#endif

int main(int count, char **arguments) {
  if (Open(count, arguments)) mprotect(PageOf(code), PAGE, PROT_READ | PROT_EXEC);
  RunIt(code);
}
