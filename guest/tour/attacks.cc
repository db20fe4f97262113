// Attacks on the program's own memory, each caught as a signal.
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "guest/tour/attempt.h"
#include "guest/tour/stops.h"

namespace caponier::tour {
namespace {

constexpr size_t kPageSize = 4096;

// A function that does nothing but return, as bytes to be smuggled in as data.
#if defined(__x86_64__)
constexpr unsigned char kReturn[] = {0xc3};  // ret
#else
constexpr unsigned char kReturn[] = {0xc0, 0x03, 0x5f, 0xd6};  // ret
#endif

void Execute(void* bytes) {
  __builtin___clear_cache(static_cast<char*>(bytes), static_cast<char*>(bytes) + sizeof kReturn);
  reinterpret_cast<void (*)()>(Launder(bytes))();
}

void WriteByte(void* place) { *Launder(static_cast<volatile char*>(place)) = 1; }
void ReadByte(void* place) { static_cast<void>(*Launder(static_cast<volatile char*>(place))); }

void ExecuteStack(void*) {
  unsigned char bytes[sizeof kReturn];
  memcpy(bytes, kReturn, sizeof kReturn);
  Execute(bytes);
}

volatile bool g_recurse = true;
[[gnu::noinline]] int Recurse(volatile char* caller) {
  volatile char frame[1024];
  frame[0] = *caller;
  return g_recurse ? Recurse(frame) + frame[0] : 0;
}
void OverflowStack(void*) {
  volatile char start = 0;
  static_cast<void>(Recurse(&start));
}

// A copy without a bound, over the end of a buffer on the stack: the canary above it dies, and the return is never made.
[[gnu::noinline]] void CopyUnbounded(const char* from, size_t bytes) {
  char buffer[16];
  char* to = Launder(&buffer[0]);
  for (size_t i = 0; i < bytes; i++) to[i] = from[i];
  asm volatile("" : : "r"(to) : "memory");
}
void SmashStack(void*) {
  static const char text[] = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
  CopyUnbounded(text, sizeof text);
}

void ShowCrime(Table& table, const char* claim, void (*crime)(void*), void* argument) {
  const Attempt attempt = Commit(crime, argument);
  table.Row(HoldsIf(attempt.caught), claim, "%s", attempt.Text());
}

}  // namespace

void ShowAttacks(Table& table) {
  table.Section("Attacks on the program");
  static const char constant[] = "cannot change";
  static unsigned char data[16];
  memcpy(data, kReturn, sizeof kReturn);
  auto* heap = static_cast<unsigned char*>(malloc(64));
  memcpy(heap, kReturn, sizeof kReturn);
  char* freed = static_cast<char*>(mmap(nullptr, kPageSize, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
  munmap(freed, kPageSize);
  char* page = static_cast<char*>(mmap(nullptr, kPageSize, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));

  ShowCrime(table, "write through null", WriteByte, nullptr);
  ShowCrime(table, "read near null", ReadByte, reinterpret_cast<void*>(0x8000));
  ShowCrime(table, "write to code", WriteByte, reinterpret_cast<void*>(&ShowAttacks));
  ShowCrime(table, "write to a constant", WriteByte, const_cast<char*>(constant));
  ShowCrime(table, "run the stack", ExecuteStack, nullptr);
  ShowCrime(table, "run the heap", Execute, heap);
  ShowCrime(table, "run static data", Execute, data);
  ShowCrime(table, "overflow the stack", OverflowStack, nullptr);
  ShowCrime(table, "smash a return address", SmashStack, nullptr);
  ShowCrime(table, "read past the end of a mapping", ReadByte, page + kPageSize);
  ShowCrime(table, "read before a mapping", ReadByte, page - 1);
  ShowCrime(table, "use a mapping after its end", ReadByte, freed);
  munmap(page, kPageSize);
  free(heap);
}

}  // namespace caponier::tour
