// A hostile device: the input says what it writes into the rings, what its registers read as, and which control messages it sends,
// and when the driver acts. The driver's promises must hold throughout: tokens are given back once, lengths stay within what was
// lent, a dead queue touches nothing.
#include <array>
#include <cstdlib>
#include <cstring>
#include <optional>

#include "lib/virtio/console.h"
#include "lib/virtio/mmio.h"
#include "lib/virtio/queue.h"

using namespace caponier;
using namespace caponier::virtio;

namespace {

class Input {
 public:
  explicit Input(Bytes bytes) : rest_(bytes) {}
  bool empty() const { return rest_.empty(); }
  u64 Number(size_t bytes) {
    u64 value = 0;
    for (; bytes > 0 && !rest_.empty(); bytes--, rest_ = rest_.subspan(1)) value = value << 8 | std::to_integer<u64>(rest_[0]);
    return value;
  }
  Bytes Take(size_t count) {
    Bytes taken = rest_.first(std::min(count, rest_.size()));
    rest_ = rest_.subspan(taken.size());
    return taken;
  }

 private:
  Bytes rest_;
};

alignas(kPageSize) std::byte g_page[kPageSize];

void FuzzQueue(Input input) {
  const u16 size = static_cast<u16>(1 << (input.Number(1) % 8));
  Queue queue = Queue::Create(g_page, PhysAddr{0x10000}, size).value();
  std::array<std::optional<u64>, kMaxQueueSize> lent = {};  // by token: writable bytes
  u16 in_flight = 0;
  while (!input.empty()) {
    switch (input.Number(1) % 4) {
      case 0: {  // the device writes somewhere
        size_t at = input.Number(2) % kPageSize;
        Bytes bytes = input.Take(std::min<size_t>(input.Number(1) % 16, kPageSize - at));
        if (!bytes.empty()) std::memcpy(g_page + at, bytes.data(), bytes.size());
        break;
      }
      case 1: {  // the device returns something, mostly with a plausible index
        const u64 used = UsedOffset(size);
        u16 index;
        std::memcpy(&index, g_page + used + 2, 2);
        const u32 element[2] = {static_cast<u32>(input.Number(1)), static_cast<u32>(input.Number(2))};
        std::memcpy(g_page + used + 4 + 8 * (index & (size - 1)), element, sizeof(element));
        index++;
        std::memcpy(g_page + used + 2, &index, 2);
        break;
      }
      case 2: {
        Buffer chain[6];
        const size_t count = input.Number(1) % 7;
        u64 writable = 0;
        for (size_t i = 0; i < count; i++) {
          const u64 shape = input.Number(2);
          chain[i] = {PhysAddr{shape << 12}, static_cast<u32>(shape >> 1),
                      (shape & 1) != 0 ? Direction::kDeviceWrites : Direction::kDeviceReads};
          if ((shape & 1) != 0) writable += chain[i].length;
        }
        const bool was_dead = queue.dead();
        auto token = queue.AddBuffer(std::span(chain, count));
        if (!token.ok()) break;
        if (was_dead || token.value() >= size || lent[token.value()]) abort();
        lent[token.value()] = writable;
        in_flight++;
        (void)queue.NeedsNotify();
        break;
      }
      default: {
        const bool was_dead = queue.dead();
        std::byte before[kPageSize];
        std::memcpy(before, g_page, kPageSize);
        auto used = queue.PopUsed();
        if (std::memcmp(before, g_page, kPageSize) != 0) abort();
        if (!used.ok()) {
          if (!queue.dead() || queue.fault().empty()) abort();
          break;
        }
        if (was_dead) abort();
        if (!used.value()) break;
        auto& loan = lent[used.value()->token];
        if (!loan || used.value()->length > *loan) abort();
        loan.reset();
        in_flight--;
      }
    }
    if (queue.in_flight() != in_flight) abort();
  }
}

class HostileMmio final : public MmioAccess {
 public:
  explicit HostileMmio(Input& input) : input_(input) {}
  u32 Read32(u32 offset) override {
    if (offset % 4 != 0 || offset >= mmio::kRegisterBytes) abort();
    // Half of the reads are honest about identity, or the input would rarely come past the first.
    const u64 lie = input_.Number(1);
    if (lie % 2 == 0 && offset == mmio::kMagicValue) return mmio::kMagic;
    if (lie % 2 == 0 && offset == mmio::kVersion) return mmio::kModernVersion;
    if (lie % 2 == 0 && offset == mmio::kStatus) return status_;
    return static_cast<u32>(input_.Number(4));
  }
  void Write32(u32 offset, u32 value) override {
    if (offset % 4 != 0 || offset >= mmio::kRegisterBytes) abort();
    if (offset == mmio::kStatus) status_ = value;
  }

 private:
  Input& input_;
  u32 status_ = 0;
};

void FuzzMmio(Input input) {
  HostileMmio access(input);
  FirstDiagnostic diagnostic;
  auto probed = MmioDevice::Probe(access, diagnostic);
  if (!probed.ok()) return;
  MmioDevice device = probed.value();
  const u64 wanted = input.Number(1);
  auto features = device.Negotiate(wanted, diagnostic);
  if (features.ok() && ((features.value() & kFeatureVersion1) == 0 || (features.value() & ~(wanted | kFeatureVersion1)) != 0))
    abort();
  if (!features.ok() && diagnostic.what().empty()) abort();
  auto max = device.QueueSizeMax(0);
  if (max.ok()) {
    const u16 size = UsableQueueSize(max.value());
    if (size == 0 || size > max.value()) abort();
    (void)device.SetUpQueue(0, Queue::Create(g_page, PhysAddr{0x10000}, size).value(), diagnostic);
  }
  if (device.Start().ok() != features.ok()) abort();
  device.Notify(0);
  (void)device.AcknowledgeInterrupts();
  (void)device.NeedsReset();
}

void FuzzConsole(Input input) {
  ConsolePort port(1, "caponier.link", static_cast<u32>(input.Number(1)));
  FirstDiagnostic diagnostic;
  bool broken = false;
  while (!input.empty()) {
    auto replies = port.Handle(input.Take(input.Number(1) % 40), diagnostic);
    if (replies.ok() && broken) abort();
    broken = !replies.ok();
    if (broken && (diagnostic.what().empty() || port.open() || port.peer_open())) abort();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const u8* data, size_t size) {
  Input input(std::as_bytes(std::span(data, size)));
  switch (input.Number(1) % 3) {
    case 0: FuzzQueue(input); break;
    case 1: FuzzMmio(input); break;
    default: FuzzConsole(input); break;
  }
  return 0;
}
