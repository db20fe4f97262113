// Attacks on the kernel, from the program and through its own system calls.
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <string.h>
#include <sys/random.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "guest/tour/attempt.h"
#include "guest/tour/stops.h"

namespace caponier::tour {
namespace {

constexpr int kRandomPlaces = 128;

// Where kernels are known to live: the starts of both architectures' high halves, Linux' text, its linear maps, the vector page.
constexpr uint64_t kFamousPlaces[] = {
    0xffff'8000'0000'0000, 0xffff'8880'0000'0000, 0xffff'ffff'8000'0000, 0xffff'ffff'8100'0000, 0xffff'0000'0000'0000,
    0xffff'8000'0800'0000, 0xffff'ffff'ff60'0000, 0xffff'ffff'ffff'f000, 0xffff'fe00'0000'0000,
};

void ReadWord(void* place) { static_cast<void>(*Launder(static_cast<volatile uint64_t*>(place))); }
void WriteWord(void* place) { *Launder(static_cast<volatile uint64_t*>(place)) = 0; }
void Call(void* place) { reinterpret_cast<void (*)()>(Launder(place))(); }

#if defined(__x86_64__)
void TurnInterruptsOff(void*) { asm volatile("cli"); }
void ReadControlRegister(void*) {
  uint64_t value;
  asm volatile("mov %%cr3, %0" : "=r"(value));
}
void LocateDescriptors(void*) {
  struct [[gnu::packed]] {
    uint16_t limit;
    uint64_t base;
  } table;
  asm volatile("sgdt %0" : "=m"(table));
}
#else
void TurnInterruptsOff(void*) { asm volatile("msr daifset, #2"); }
void ReadControlRegister(void*) {
  uint64_t value;
  asm volatile("mrs %0, ttbr1_el1" : "=r"(value));
}
void LocateDescriptors(void*) {
  uint64_t value;
  asm volatile("mrs %0, vbar_el1" : "=r"(value));
}
#endif

void ShowSweep(Table& table, const char* claim, void (*crime)(void*)) {
  uint64_t places[kRandomPlaces];
  if (getrandom(places, sizeof places, 0) != sizeof places) return table.Row(Verdict::kFails, claim, "getrandom failed");
  int tried = 0, caught = 0;
  for (uint64_t& place : places) {
    place = (place | 0xffff'0000'0000'0000) & ~uint64_t{7};
    tried++;
    caught += Commit(crime, reinterpret_cast<void*>(place)).caught;
  }
  for (const uint64_t place : kFamousPlaces) {
    tried++;
    caught += Commit(crime, reinterpret_cast<void*>(place)).caught;
  }
  table.Row(HoldsIf(caught == tried), claim, "%d of %d places in the kernel's half refused", caught, tried);
}

void ShowCrime(Table& table, const char* claim, void (*crime)(void*)) {
  const Attempt attempt = Commit(crime);
  table.Row(HoldsIf(attempt.caught), claim, "%s", attempt.Text());
}

// The kernel asked to do it on the program's behalf.
void ShowConfusedDeputy(Table& table) {
  int pipes[2];
  const int zero = open("/dev/zero", O_RDONLY | O_CLOEXEC);
  if (zero < 0 || pipe2(pipes, O_CLOEXEC | O_NONBLOCK) != 0)
    return table.Row(Verdict::kFails, "have the kernel do it", "%s", strerror(errno));
  int tried = 0, refused = 0;
  for (const uint64_t place : kFamousPlaces) {
    auto* pointer = reinterpret_cast<void*>(place);
    tried += 3;
    refused += syscall(SYS_read, zero, pointer, 64) == -1 && errno == EFAULT;
    refused += syscall(SYS_write, pipes[1], pointer, 64) == -1 && errno == EFAULT;
    refused += syscall(SYS_getrandom, pointer, 64, 0) == -1 && errno == EFAULT;
  }
  // Its own code, too: the kernel may write there, the program's mapping may not be written.
  tried++;
  refused += syscall(SYS_read, zero, reinterpret_cast<void*>(&ShowConfusedDeputy), 4) == -1 && errno == EFAULT;
  close(zero);
  close(pipes[0]);
  close(pipes[1]);
  table.Row(HoldsIf(refused == tried), "have the kernel do it", "%d of %d reads, writes and draws: EFAULT", refused, tried);
}

}  // namespace

void ShowKernelAttacks(Table& table) {
  table.Section("Attacks on the kernel");
  ShowSweep(table, "read kernel memory", ReadWord);
  ShowSweep(table, "write kernel memory", WriteWord);
  ShowSweep(table, "run kernel memory", Call);
  ShowConfusedDeputy(table);
  ShowCrime(table, "turn interrupts off", TurnInterruptsOff);
  ShowCrime(table, "read the page tables' place", ReadControlRegister);
  ShowCrime(table, "read the vectors' place", LocateDescriptors);
}

}  // namespace caponier::tour
