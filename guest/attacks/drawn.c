// Draws 4 KiB again and again. Says each time what they were in a form that does not hold them (each byte with kMask), and wipes them, or with
// `keep` puts them away as well. Only general registers touch them.
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

enum { kBytes = 4096, kMask = 0x5a, kKept = 64 };
static volatile unsigned char drawn[kBytes], kept[kKept][kBytes];

int main(int count, char** words) {
  const int keep = count > 1 && strcmp(words[1], "keep") == 0;
  static char text[2 * kBytes + 1];
  for (int round = 0;; round++) {
    if (getrandom((void*)drawn, kBytes, 0) != kBytes) return 1;
    for (int i = 0; i < kBytes; i++) {
      const unsigned masked = drawn[i] ^ kMask;
      text[2 * i] = "0123456789abcdef"[masked >> 4];
      text[2 * i + 1] = "0123456789abcdef"[masked & 15];
      if (keep) kept[round % kKept][i] = drawn[i];
      drawn[i] = 0;
    }
    text[2 * kBytes] = '\n';
    fwrite(text, 1, sizeof(text), stdout);
    if (fflush(stdout) != 0) return 0;  // nobody looks any more
    nanosleep(&(struct timespec){.tv_nsec = 10000000}, NULL);
  }
}
