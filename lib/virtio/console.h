// The control protocol of a virtio console with several ports, [virtio-v1.2] 5.3, as far as it takes to open one port by number
// and name. Messages only: the queues they travel in are the caller's.
//
//   we: DEVICE_READY -> it: PORT_ADD n -> we: PORT_READY n -> it: PORT_NAME n -> we: PORT_OPEN n -> data may flow
//
// The device's messages are not trusted: an impossible one ends the machine with kMalformed, and stays so. Messages about other
// ports are checked and ignored; those ports stay unready.
#pragma once

#include <array>
#include <span>
#include <string_view>

#include "lib/base/bytes.h"
#include "lib/base/diagnostics.h"
#include "lib/base/result.h"

namespace caponier::virtio {

inline constexpr u64 kConsoleFeatureMultiport = u64{1} << 1;

inline constexpr u32 kConsoleConfigMaxPorts = 4;  // offset of max_nr_ports in the configuration

// Queues: [virtio-v1.2] 5.3.2.
inline constexpr u32 kConsoleControlReceiveQueue = 2;
inline constexpr u32 kConsoleControlTransmitQueue = 3;
constexpr u32 ConsoleReceiveQueue(u32 port) { return port == 0 ? 0 : 2 + 2 * port; }
constexpr u32 ConsoleTransmitQueue(u32 port) { return ConsoleReceiveQueue(port) + 1; }

enum class ConsoleEvent : u16 {
  kDeviceReady = 0,  // we -> device; value 1: ready
  kPortAdd = 1,      // device -> we
  kPortRemove = 2,   // device -> we
  kPortReady = 3,    // we -> device; value 1: ready
  kConsolePort = 4,  // device -> we: this port is a console
  kResize = 5,       // device -> we: columns and rows follow
  kPortOpen = 6,     // both; value 1: open, 0: closed
  kPortName = 7,     // device -> we: the name follows
};

struct ConsoleControl {
  Le32 id;  // the port
  Le16 event;
  Le16 value;
};
static_assert(sizeof(ConsoleControl) == 8);

inline constexpr size_t kMaxConsoleMessage = 256;  // with its name; what a receive buffer must hold

class ConsolePort {
 public:
  // At most two messages answer one.
  struct Replies {
    std::array<ConsoleControl, 2> storage;
    size_t count = 0;
    std::span<const ConsoleControl> messages() const { return {storage.data(), count}; }
  };

  // `max_ports` is the configuration's max_nr_ports; `name` must outlive this.
  ConsolePort(u32 number, std::string_view name, u32 max_ports) : name_(name), number_(number), max_ports_(max_ports) {}

  // The first message to send.
  ConsoleControl Begin() const;
  // Takes one whole message of the device.
  Result<Replies> Handle(Bytes message, Diagnostics& diagnostics);

  bool open() const { return state_ == State::kOpen; }  // named as expected; its replies sent, we may send and receive
  bool peer_open() const { return peer_open_; }         // someone listens at the other end

 private:
  enum class State : u8 { kAbsent, kAdded, kOpen, kBroken };

  Error Break(Diagnostics& diagnostics, std::string_view what);
  ConsoleControl Message(ConsoleEvent event, u16 value) const;

  std::string_view name_;
  u32 number_;
  u32 max_ports_;
  State state_ = State::kAbsent;
  bool peer_open_ = false;
};

}  // namespace caponier::virtio
