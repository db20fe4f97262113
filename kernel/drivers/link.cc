#include "kernel/drivers/link.h"

#include "kernel/arch/machine.h"
#include "kernel/drivers/device_memory.h"
#include "kernel/drivers/virtio_slot.h"
#include "kernel/mm/table_audit.h"
#include "kernel/report/crash.h"
#include "kernel/sched/signal.h"
#include "lib/virtio/console.h"

namespace caponier::drivers::link {
namespace {

namespace wire = ::caponier::link;
using wire::FrameHeader;
using wire::FrameType;

constexpr u64 kTransmitPages = 8;   // one frame's buffer: header and up to 32 KiB
constexpr u64 kTransmitSlots = 2;   // one is filled while the device has the other
constexpr u64 kReceiveBuffers = 4;  // a page each
constexpr u64 kInputBytes = 16 * kKiB;
constexpr u64 kHandshakeNs = 5'000'000'000;

struct TransmitSlot {
  DeviceMemory memory;
  bool in_flight = false;
  u16 token = 0;
};

// Everything the driver knows. One instance, zero until Init.
struct State {
  VirtioSlot* slot = nullptr;
  virtio::Queue control_receive, control_transmit, receive, transmit;
  DeviceMemory control_memory;  // 8 receive buffers of 256 bytes, then 8 messages out
  DeviceMemory receive_memory;
  u16 receive_token_buffer[virtio::kMaxQueueSize] = {};
  u16 control_token_buffer[virtio::kMaxQueueSize] = {};
  TransmitSlot transmit_slots[kTransmitSlots];
  bool up = false;

  // The frame being received: its header, then its payload, which goes where the type says.
  FrameHeader header{};
  u32 header_have = 0, payload_have = 0;
  std::byte small[16] = {};  // payloads of control frames

  mm::KernelRegion input;
  u64 input_head = 0, input_used = 0;
  bool input_asked = false;
  bool input_ended = false;
  bool output_closed[3] = {};
  u16 rows = 0, columns = 0;  // SetWindow's
  sched::Process* process = nullptr;
  u64 early_signals = 0;  // bit N-1: signal N came before there was a program
  sched::WaitQueue input_queue, output_queue;
};
constinit State g;

[[noreturn]] void Broken(std::string_view why) { report::Panic(why); }

// --- transmit ------------------------------------------------------------------------------------------------------------------

void ReapTransmitted() {
  for (;;) {
    const auto used = g.transmit.PopUsed();
    if (!used.ok()) Broken(g.transmit.fault());
    if (!used.value()) return;
    for (TransmitSlot& slot : g.transmit_slots) {
      if (slot.in_flight && slot.token == used.value()->token) slot.in_flight = false;
    }
    g.output_queue.WakeAll();
  }
}

TransmitSlot* SlotAtHand() {
  for (TransmitSlot& slot : g.transmit_slots) {
    if (!slot.in_flight) return &slot;
  }
  return nullptr;
}

TransmitSlot* FreeSlot() {
  if (TransmitSlot* slot = SlotAtHand()) return slot;
  ReapTransmitted();
  return SlotAtHand();
}

// A free slot, spinning for it: for the kernel's own frames, which must go out wherever they are sent from.
TransmitSlot& WaitForSlot() {
  for (;;) {
    if (TransmitSlot* slot = FreeSlot()) return *slot;
    arch::SpinHint();
  }
}

void Submit(TransmitSlot& slot, FrameType type, u64 payload) {
  FrameHeader header{.type = type, .length = static_cast<u32>(payload)};
  __builtin_memcpy(slot.memory.data(), &header, sizeof(header));
  virtio::Buffer chain[kTransmitPages];
  u64 left = sizeof(header) + payload;
  size_t count = 0;
  for (; left > 0; count++) {
    const u64 bytes = left < kPageSize ? left : kPageSize;
    chain[count] = slot.memory.Slice(count * kPageSize, bytes, virtio::Direction::kDeviceReads);
    left -= bytes;
  }
  const Result<u16> token = g.transmit.AddBuffer(std::span(chain, count));
  if (!token.ok()) Broken("the link's transmit queue is full");
  slot.token = token.value();
  slot.in_flight = true;
  if (g.transmit.NeedsNotify()) g.slot->device().Notify(virtio::ConsoleTransmitQueue(wire::kPortNumber));
}

// The device needs a moment for each buffer, and a signal must not cut a write short for that: on Linux a pipe or terminal that is
// read has room, and a program that prints under a timer loses nothing. A wait longer than this means that nobody reads.
constexpr u64 kStallNs = 1'000'000'000;
constexpr u64 kPayloadBytes = kTransmitPages * kPageSize - sizeof(FrameHeader);
static_assert(kPayloadBytes <= wire::kMaxPayload);

void Send(FrameType type, Bytes payload) {
  if (!g.up) {
    arch::EarlyConsoleWrite("caponier: ");
    arch::EarlyConsoleWrite(AsText(payload));
    arch::EarlyConsoleWrite("\n");
    return;
  }
  do {
    TransmitSlot& slot = WaitForSlot();
    const u64 now = payload.size() < kPayloadBytes ? payload.size() : kPayloadBytes;
    __builtin_memcpy(slot.memory.data() + sizeof(FrameHeader), payload.data(), now);
    Submit(slot, type, now);
    payload = payload.subspan(now);
  } while (!payload.empty());
}

// --- receive -------------------------------------------------------------------------------------------------------------------

void OfferReceiveBuffer(u16 buffer) {
  const virtio::Buffer page = g.receive_memory.Slice(buffer * kPageSize, kPageSize, virtio::Direction::kDeviceWrites);
  const Result<u16> token = g.receive.AddBuffer(std::span(&page, 1));
  if (!token.ok()) Broken("the link's receive queue is full");
  g.receive_token_buffer[token.value()] = buffer;
}

void TakeInput(Bytes bytes) {
  if (bytes.size() > kInputBytes - g.input_used) Broken("the tool sent more input than was asked for");
  for (const std::byte byte : bytes) {
    g.input.data()[(g.input_head + g.input_used) % kInputBytes] = byte;
    g.input_used++;
  }
}

u32 SmallWord(size_t index) {
  Le32 word;
  __builtin_memcpy(&word, g.small + 4 * index, sizeof(word));
  return word;
}

void SendSignal(u32 signal) {
  if (signal == 0 || signal > 64) Broken("the tool sent a signal that does not exist");
  if (g.process == nullptr) {
    g.early_signals |= u64{1} << (signal - 1);
    return;
  }
  static_cast<void>(sched::SendToProcess(*g.process, sched::KernelSignal(static_cast<int>(signal))).ok());
}

void AnswerAudit() {
  if (g.process == nullptr) Broken("the tool asked for page tables that are not there yet");
  const mm::TableCounts counts = mm::AuditTables();
  const wire::TablesRecord record{Le32(counts.tables), Le32(counts.kernel_pages), Le32(counts.program_pages)};
  Send(FrameType::kTables, BytesOf(record));
}

void FinishFrame() {
  switch (g.header.type) {
    case FrameType::kInput:
      if (g.header.length == 0) g.input_ended = true;
      g.input_asked = false;
      g.input_queue.WakeAll();
      break;
    case FrameType::kSignal: SendSignal(SmallWord(0)); break;
    case FrameType::kOutputClosed:
      if (SmallWord(0) != 1 && SmallWord(0) != 2) Broken("the tool closed a stream that does not exist");
      g.output_closed[SmallWord(0)] = true;
      g.output_queue.WakeAll();
      break;
    case FrameType::kWindowSize:
      g.rows = static_cast<u16>(SmallWord(0));
      g.columns = static_cast<u16>(SmallWord(0) >> 16);
      break;
    case FrameType::kAudit: AnswerAudit(); break;
    default: Broken("the tool sent a frame of unknown type");
  }
}

// Consumes what belongs to the frame in progress; the bytes taken.
size_t ConsumePayload(Bytes bytes) {
  const u32 left = g.header.length - g.payload_have;
  const Bytes part = bytes.first(bytes.size() < left ? bytes.size() : left);
  if (g.header.type == FrameType::kInput) {
    TakeInput(part);
  } else {
    if (g.header.length > sizeof(g.small)) Broken("the tool sent an oversized frame");
    __builtin_memcpy(g.small + g.payload_have, part.data(), part.size());
  }
  g.payload_have += static_cast<u32>(part.size());
  return part.size();
}

void Consume(Bytes bytes) {
  while (!bytes.empty()) {
    if (g.header_have < sizeof(FrameHeader)) {
      const size_t left = sizeof(FrameHeader) - g.header_have, now = bytes.size() < left ? bytes.size() : left;
      __builtin_memcpy(reinterpret_cast<std::byte*>(&g.header) + g.header_have, bytes.data(), now);
      g.header_have += static_cast<u32>(now);
      bytes = bytes.subspan(now);
      if (g.header_have < sizeof(FrameHeader)) return;
      if (g.header.length > wire::kMaxPayload) Broken("the tool sent an oversized frame");
      g.payload_have = 0;
      __builtin_memset(g.small, 0, sizeof(g.small));
    } else {
      bytes = bytes.subspan(ConsumePayload(bytes));
    }
    if (g.payload_have == g.header.length) {
      FinishFrame();
      g.header_have = 0;
    }
  }
}

void ReceiveAll() {
  bool offered = false;
  for (;;) {
    const auto used = g.receive.PopUsed();
    if (!used.ok()) Broken(g.receive.fault());
    if (!used.value()) break;
    const u16 buffer = g.receive_token_buffer[used.value()->token];
    Consume({g.receive_memory.data() + buffer * kPageSize, used.value()->length});
    OfferReceiveBuffer(buffer);
    offered = true;
  }
  if (offered && g.receive.NeedsNotify()) g.slot->device().Notify(virtio::ConsoleReceiveQueue(wire::kPortNumber));
}

void OnInterrupt() {
  g.slot->device().AcknowledgeInterrupts();
  ReceiveAll();
  ReapTransmitted();
}

// --- start ---------------------------------------------------------------------------------------------------------------------

Result<void> OfferControlBuffer(u16 buffer) {
  const virtio::Buffer slice =
      g.control_memory.Slice(buffer * virtio::kMaxConsoleMessage, virtio::kMaxConsoleMessage, virtio::Direction::kDeviceWrites);
  g.control_token_buffer[TRY(g.control_receive.AddBuffer(std::span(&slice, 1)))] = buffer;
  return {};
}

Result<void> SendControl(const virtio::ConsoleControl& message) {
  const u64 offset = kPageSize / 2;
  __builtin_memcpy(g.control_memory.data() + offset, &message, sizeof(message));
  const virtio::Buffer slice = g.control_memory.Slice(offset, sizeof(message), virtio::Direction::kDeviceReads);
  TRY(g.control_transmit.AddBuffer(std::span(&slice, 1)));
  g.slot->device().Notify(virtio::kConsoleControlTransmitQueue);
  const u64 deadline = arch::NowNs() + kHandshakeNs;
  while (!TRY(g.control_transmit.PopUsed())) {
    if (arch::NowNs() > deadline) return Error::kTimedOut;
    arch::SpinHint();
  }
  return {};
}

Result<void> OpenPort(Diagnostics& diagnostics) {
  virtio::MmioDevice& device = g.slot->device();
  virtio::ConsolePort port(wire::kPortNumber, "caponier.link", device.ReadConfig32(virtio::kConsoleConfigMaxPorts));
  for (u16 i = 0; i < 8; i++) TRY(OfferControlBuffer(i));
  device.Notify(virtio::kConsoleControlReceiveQueue);
  TRY(SendControl(port.Begin()));
  const u64 deadline = arch::NowNs() + kHandshakeNs;
  while (!port.open() || !port.peer_open()) {
    const auto used = TRY(g.control_receive.PopUsed());
    if (!used) {
      if (arch::NowNs() > deadline) return Error::kTimedOut;
      arch::SpinHint();
      continue;
    }
    const u16 buffer = g.control_token_buffer[used->token];
    const auto replies =
        TRY(port.Handle({g.control_memory.data() + buffer * virtio::kMaxConsoleMessage, used->length}, diagnostics));
    for (const virtio::ConsoleControl& reply : replies.messages()) TRY(SendControl(reply));
    TRY(OfferControlBuffer(buffer));
  }
  return {};
}

Result<void> AllocateBuffers() {
  g.control_memory = TRY(DeviceMemory::Map("link control", 1));
  g.receive_memory = TRY(DeviceMemory::Map("link receive", kReceiveBuffers));
  g.input = TRY(mm::MapRegion("link input", kInputBytes));
  for (TransmitSlot& slot : g.transmit_slots) slot.memory = TRY(DeviceMemory::Map("link transmit", kTransmitPages));
  return {};
}

// --- console -------------------------------------------------------------------------------------------------------------------

void AskForInput() {
  const u32 room = static_cast<u32>(kInputBytes - g.input_used);
  if (g.input_ended || g.input_asked || room == 0) return;
  g.input_asked = true;
  const Le32 wanted(room);
  Send(FrameType::kWantInput, BytesOf(wanted));
}

class LinkConsole final : public fs::ConsoleBackend {
 public:
  Result<u64> WriteOutput(int stream, mm::IoBuffer& from, bool nonblocking) override {
    u64 stalled_at = 0;  // set when there is first something to wait for
    for (;;) {
      if (g.output_closed[stream]) return Error::kBrokenPipe;
      if (TransmitSlot* slot = FreeSlot()) {
        const u64 bytes = from.remaining() < kPayloadBytes ? from.remaining() : kPayloadBytes;
        TRY(from.Take({slot->memory.data() + sizeof(FrameHeader), bytes}));
        Submit(*slot, stream == 1 ? FrameType::kStdout : FrameType::kStderr, bytes);
        ReapTransmitted();
        return bytes;
      }
      if (nonblocking) return Error::kWouldBlock;
      const u64 now = arch::NowNs();
      if (stalled_at == 0) stalled_at = now + kStallNs;
      const bool stalled = now >= stalled_at;
      const auto waited = sched::WaitOn(g.output_queue, stalled ? sched::kForever : stalled_at,
                                        stalled ? sched::Interruptible::kYes : sched::Interruptible::kNo);
      if (!waited.ok() && waited.error() != Error::kTimedOut) return waited.error();
    }
  }
  // The two questions do not look at the device: its interrupt wakes whoever waits for an answer.
  bool OutputReady(int stream) override { return g.output_closed[stream] || SlotAtHand() != nullptr; }
  bool OutputClosed(int stream) override { return g.output_closed[stream]; }
  sched::WaitQueue& output_queue() override { return g.output_queue; }

  Result<u64> ReadInput(mm::IoBuffer& to) override {
    ReceiveAll();
    if (g.input_used == 0) {
      if (g.input_ended) return 0;
      AskForInput();
      ReceiveAll();
      if (g.input_used == 0) return g.input_ended ? Result<u64>(u64{0}) : Result<u64>(Error::kWouldBlock);
    }
    u64 moved = 0;
    while (g.input_used > 0 && to.remaining() > 0) {
      u64 now = kInputBytes - g.input_head < g.input_used ? kInputBytes - g.input_head : g.input_used;
      if (now > to.remaining()) now = to.remaining();
      TRY(to.Put({g.input.data() + g.input_head, now}));
      g.input_head = (g.input_head + now) % kInputBytes;
      g.input_used -= now;
      moved += now;
    }
    return moved;
  }
  bool InputReady() override {
    if (g.input_used == 0) AskForInput();
    return g.input_used > 0 || g.input_ended;
  }
  u64 InputBytes() override { return g.input_used; }
  bool InputEnded() override { return g.input_ended && g.input_used == 0; }
  sched::WaitQueue& input_queue() override { return g.input_queue; }

  void SetTerminalModes(const fs::TerminalModes& modes) override {
    const wire::TerminalRecord record{.echo = modes.echo, .canonical = modes.canonical, .signals = modes.signals};
    Send(FrameType::kTerminal, BytesOf(record));
  }
  fs::TerminalSize terminal_size() override { return {g.rows, g.columns}; }
};
constinit LinkConsole g_console;

}  // namespace

Result<void> Init(const boot::BootInfo& info) {
  FirstDiagnostic diagnostics;
  g.slot = TRY(VirtioSlot::Find(info, virtio::DeviceType::kConsole));
  virtio::MmioDevice& device = g.slot->device();
  TRY(device.Negotiate(virtio::kConsoleFeatureMultiport, diagnostics));
  TRY(g.slot->AddQueue(virtio::kConsoleControlReceiveQueue, g.control_receive, 8, diagnostics));
  TRY(g.slot->AddQueue(virtio::kConsoleControlTransmitQueue, g.control_transmit, 8, diagnostics));
  TRY(g.slot->AddQueue(virtio::ConsoleReceiveQueue(wire::kPortNumber), g.receive, 8, diagnostics));
  TRY(g.slot->AddQueue(virtio::ConsoleTransmitQueue(wire::kPortNumber), g.transmit, 32, diagnostics));
  TRY(AllocateBuffers());
  return device.Start();
}

Result<void> Open() {
  FirstDiagnostic diagnostics;
  TRY(OpenPort(diagnostics));
  for (u16 i = 0; i < kReceiveBuffers; i++) OfferReceiveBuffer(i);
  g.slot->device().Notify(virtio::ConsoleReceiveQueue(wire::kPortNumber));
  HandleInterrupt(g.slot->line(), OnInterrupt);
  OnInterrupt();  // the handshake left the line raised, and a line that stays up makes no new edge
  g.up = true;
  return {};
}

fs::ConsoleBackend& Console() { return g_console; }
void SetProgram(sched::Process* process) {
  g.process = process;
  const u64 early = process != nullptr ? g.early_signals : 0;
  g.early_signals = 0;
  for (u32 signal = 1; signal <= 64; signal++) {
    if ((early >> (signal - 1) & 1) != 0) SendSignal(signal);
  }
}
void SetWindow(u16 rows, u16 columns) {
  g.rows = rows;
  g.columns = columns;
}

void SendMessage(std::string_view line) { Send(FrameType::kMessage, AsBytes(line)); }
void SendCrashText(std::string_view lines) { Send(FrameType::kCrash, AsBytes(lines)); }
void SendReport(std::string_view part) { Send(FrameType::kReport, AsBytes(part)); }
void SendSeed(Bytes seed) { Send(FrameType::kSeed, seed); }
void SendOutput(Bytes bytes) { Send(FrameType::kStdout, bytes); }
void TraceLine(std::string_view line) { Send(FrameType::kTrace, AsBytes(line)); }
void SendExit(wire::ExitCause cause, u32 status) {
  const wire::ExitRecord record{.cause = cause, .status = status};
  Send(FrameType::kExit, BytesOf(record));
  for (TransmitSlot& slot : g.transmit_slots) {
    while (slot.in_flight) {
      ReapTransmitted();
      arch::SpinHint();
    }
  }
}

}  // namespace caponier::drivers::link
