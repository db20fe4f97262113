#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#include "guest/tour/stops.h"

namespace caponier::tour {
namespace {

constexpr size_t kPageSize = 4096;
constexpr int kAnonymous = MAP_PRIVATE | MAP_ANONYMOUS;

// A page of code that nothing needs.
asm(R"(
  .pushsection .text.lone_page, "ax", %progbits
  .balign 4096
lone_page:
  ret
  .balign 4096
  .popsection
)");
extern "C" const char lone_page[];

const char* Refusal(bool refused, int error) { return refused ? strerror(error) : "granted"; }

void ShowMaps(Table& table) {
  FILE* maps = fopen("/proc/self/maps", "re");
  if (maps == nullptr)
    return table.Row(Verdict::kFails, "no memory is writable and executable", "/proc/self/maps: %s", strerror(errno));
  char line[512];
  int mappings = 0, writable_code = 0, code = 0, writable = 0;
  while (fgets(line, sizeof line, maps) != nullptr) {
    char rights[5] = {};
    if (sscanf(line, "%*x-%*x %4s", rights) != 1) continue;
    mappings++;
    writable += rights[1] == 'w';
    code += rights[2] == 'x';
    writable_code += rights[1] == 'w' && rights[2] == 'x';
  }
  fclose(maps);
  table.Row(HoldsIf(mappings > 0 && code > 0 && writable > 0 && writable_code == 0), "no memory is writable and executable",
            "%d mappings: %d writable, %d executable, %d both", mappings, writable, code, writable_code);
}

}  // namespace

void ShowProtection(Table& table) {
  table.Section("Memory");
  ShowMaps(table);

  void* both = mmap(nullptr, kPageSize, PROT_READ | PROT_WRITE | PROT_EXEC, kAnonymous, -1, 0);
  table.Row(HoldsIf(both == MAP_FAILED), "no new memory gets both rights", "mmap of write and execute: %s",
            Refusal(both == MAP_FAILED, errno));

  void* page = mmap(nullptr, kPageSize, PROT_READ | PROT_WRITE, kAnonymous, -1, 0);
  memset(page, 0xc3, kPageSize);
  bool refused = mprotect(page, kPageSize, PROT_READ | PROT_WRITE | PROT_EXEC) != 0;
  table.Row(HoldsIf(refused), "memory gains no execute beside write", "mprotect: %s", Refusal(refused, errno));
  refused = mprotect(page, kPageSize, PROT_READ | PROT_EXEC) != 0;
  table.Row(HoldsIf(refused), "what was written never becomes code", "mprotect after writing: %s", Refusal(refused, errno));
  munmap(page, kPageSize);

  refused = mprotect(const_cast<char*>(lone_page), kPageSize, PROT_READ | PROT_WRITE) != 0;
  table.Row(HoldsIf(refused), "code never becomes writable", "mprotect of code: %s", Refusal(refused, errno));

  void* null_page = mmap(nullptr, kPageSize, PROT_READ | PROT_WRITE, kAnonymous | MAP_FIXED, -1, 0);
  table.Row(HoldsIf(null_page == MAP_FAILED), "nothing can be put at null", "mmap there: %s",
            Refusal(null_page == MAP_FAILED, errno));
  if (null_page != MAP_FAILED) munmap(null_page, kPageSize);
}

}  // namespace caponier::tour
