#include "lib/virtio/console.h"

#include <cstring>

namespace caponier::virtio {

Error ConsolePort::Break(Diagnostics& diagnostics, std::string_view what) {
  state_ = State::kBroken;
  peer_open_ = false;
  diagnostics.Malformed(what, 0);
  return Error::kMalformed;
}

ConsoleControl ConsolePort::Message(ConsoleEvent event, u16 value) const {
  ConsoleControl message;
  message.id = number_;
  message.event = static_cast<u16>(event);
  message.value = value;
  return message;
}

ConsoleControl ConsolePort::Begin() const {
  ConsoleControl message = Message(ConsoleEvent::kDeviceReady, 1);
  message.id = 0;  // of the device, not of a port
  return message;
}

Result<ConsolePort::Replies> ConsolePort::Handle(Bytes message, Diagnostics& diagnostics) {
  if (state_ == State::kBroken) return Error::kMalformed;
  ConsoleControl control;
  if (message.size() < sizeof(control)) return Break(diagnostics, "a console control message is cut short");
  __builtin_memcpy(&control, message.data(), sizeof(control));
  if (control.id >= max_ports_) return Break(diagnostics, "a console control message is about a port beyond the last");

  const bool ours = control.id == number_;
  Replies replies;
  auto reply = [&](ConsoleEvent event, u16 value) { replies.storage[replies.count++] = Message(event, value); };
  switch (static_cast<ConsoleEvent>(u16{control.event})) {
    case ConsoleEvent::kPortAdd:
      if (!ours) break;
      if (state_ != State::kAbsent) return Break(diagnostics, "the console device adds a port twice");
      state_ = State::kAdded;
      reply(ConsoleEvent::kPortReady, 1);
      break;
    case ConsoleEvent::kPortRemove:
      if (!ours) break;
      if (state_ == State::kAbsent) return Break(diagnostics, "the console device removes a port that it has not added");
      state_ = State::kAbsent;
      peer_open_ = false;
      break;
    case ConsoleEvent::kPortName: {
      if (!ours) break;
      if (state_ == State::kAbsent) return Break(diagnostics, "the console device names a port that it has not added");
      std::string_view name = AsText(message.subspan(sizeof(control)));
      if (name.ends_with('\0')) name.remove_suffix(1);
      if (name != name_) return Break(diagnostics, "the console port has another name than expected");
      if (state_ == State::kOpen) break;  // a repetition changes nothing
      state_ = State::kOpen;
      reply(ConsoleEvent::kPortOpen, 1);
      break;
    }
    case ConsoleEvent::kPortOpen:
      if (!ours) break;
      if (state_ == State::kAbsent) return Break(diagnostics, "the console device opens a port that it has not added");
      if (control.value > 1) return Break(diagnostics, "the console device opens a port by halves");
      peer_open_ = control.value == 1;
      break;
    case ConsoleEvent::kConsolePort:
    case ConsoleEvent::kResize: break;  // of interest to terminals only
    case ConsoleEvent::kDeviceReady:
    case ConsoleEvent::kPortReady: return Break(diagnostics, "the console device sends a message that only a driver sends");
    default: return Break(diagnostics, "the console device sends an unknown message");
  }
  return replies;
}

}  // namespace caponier::virtio
