// What a debugger writes to a core file (gdb's generate-core-file, gcore): the blocks and what the heap knows of them, and not the addresses that
// it keeps for others, however many it has dealt out: status 0. For hosted_test.sh.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// Of the process's mappings those that are written: their bytes, and whether `block` is in one.
struct Written {
  size_t bytes;
  bool has_block;
};
static Written Look(const void* block) {
  const auto at = reinterpret_cast<unsigned long>(block);
  Written written = {};
  FILE* maps = fopen("/proc/self/smaps", "r");
  static char line[4096];
  unsigned long begin = 0, end = 0;
  while (fgets(line, sizeof(line), maps) != nullptr) {
    unsigned long first, behind;
    if (sscanf(line, "%lx-%lx ", &first, &behind) == 2) begin = first, end = behind;
    if (strncmp(line, "VmFlags:", 8) != 0 || strstr(line, " dd") != nullptr) continue;
    written.bytes += end - begin;
    written.has_block |= at >= begin && at < end;
  }
  fclose(maps);
  return written;
}

int main() {
  constexpr size_t kMost = size_t{1} << 30;
  void* small = malloc(100);
  void* large = malloc(300'000);
  Written written = Look(small);
  if (!written.has_block || written.bytes > kMost) return 1;
  if (!Look(large).has_block) return 2;
  // 50 GiB of addresses, in a small arena again and again: some blocks live long.
  static void* blocks[2000];
  for (int i = 0; i < 100'000; i++) {
    void*& block = blocks[i % 1000 == 0 ? i / 1000 : 1000 + i % 200];
    free(block);
    block = malloc(300'000);
    if (block == nullptr) return 3;
    if (i % 1000 == 0 && !Look(block).has_block) return 4;
  }
  if (!Look(small).has_block || !Look(large).has_block) return 5;
  written = Look(blocks[1001]);
  return written.has_block && written.bytes < 2 * kMost ? 0 : 6;
}
