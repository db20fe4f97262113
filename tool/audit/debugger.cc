#include "tool/audit/debugger.h"

#include <fmt/format.h>
#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <numeric>
#include <optional>

#include "tool/failure.h"

namespace caponier::tool::audit {
namespace {

constexpr int kAnswerMs = 20'000;
constexpr char kInterrupt[] = "\x03";

std::string AttributeOf(std::string_view element, std::string_view name) {
  const std::string start = fmt::format(" {}=\"", name);
  const size_t at = element.find(start);
  if (at == std::string_view::npos) return "";
  element.remove_prefix(at + start.size());
  return std::string(element.substr(0, element.find('"')));
}

// Calls visit(element) for each `<name ...>` in the text.
template <typename Visitor>
void ForEachElement(std::string_view text, std::string_view name, Visitor visit) {
  const std::string start = fmt::format("<{} ", name);
  for (size_t at = text.find(start); at != std::string_view::npos; at = text.find(start, at + 1))
    visit(text.substr(at, text.find('>', at) - at));
}

// QEMU hides registers it does not have in comments.
std::string WithoutComments(std::string text) {
  constexpr std::string_view kStart = "<!--", kEnd = "-->";
  for (size_t at = text.find(kStart); at != std::string::npos; at = text.find(kStart, at)) {
    const size_t end = text.find(kEnd, at);
    text.erase(at, end == std::string::npos ? end : end + kEnd.size() - at);
  }
  return text;
}

std::optional<u64> Number(const std::string& text) {
  if (text.empty() || text.size() > 6 || text.find_first_not_of("0123456789") != std::string::npos) return std::nullopt;
  return std::stoull(text);
}

unsigned DigitOf(char digit) {
  if (digit >= '0' && digit <= '9') return static_cast<unsigned>(digit - '0');
  if (digit >= 'a' && digit <= 'f') return static_cast<unsigned>(digit - 'a' + 10);
  throw Failure("the emulator's debugger interface gave no hexadecimal number");
}

}  // namespace

char Debugger::Byte() {
  if (taken_ == received_.size()) {
    pollfd ready{socket_.get(), POLLIN, 0};
    std::array<char, 4096> buffer;
    ssize_t got = -1;
    if (poll(&ready, 1, kAnswerMs) == 1) got = read(socket_.get(), buffer.data(), buffer.size());
    if (got <= 0) throw Failure("the emulator's debugger interface does not answer");
    received_.assign(buffer.data(), static_cast<size_t>(got));
    taken_ = 0;
  }
  return received_[taken_++];
}

void Debugger::Send(const std::string& packet) {
  const unsigned sum =
      std::accumulate(packet.begin(), packet.end(), 0U, [](unsigned all, char c) { return all + static_cast<u8>(c); });
  const std::string frame = fmt::format("${}#{:02x}", packet, sum & 0xff);
  if (send(socket_.get(), frame.data(), frame.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(frame.size()))
    throw SystemFailure("the emulator's debugger interface", errno);
}

std::string Debugger::Receive() {
  while (Byte() != '$') {
  }
  std::string packet;
  for (char byte = Byte(); byte != '#'; byte = Byte()) packet += byte == '}' ? static_cast<char>(Byte() ^ 0x20) : byte;
  Byte();
  Byte();  // the sum: nothing is lost on a socket
  if (send(socket_.get(), "+", 1, MSG_NOSIGNAL) != 1) throw SystemFailure("the emulator's debugger interface", errno);
  return packet;
}

std::string Debugger::Ask(const std::string& packet) {
  Send(packet);
  return Receive();
}

void Debugger::Resume() {
  Send("c");
  while (Byte() != '+') {
  }
}

bool Debugger::HasStopped(bool readable) const { return readable || taken_ < received_.size(); }

void Debugger::Stop() {
  if (send(socket_.get(), kInterrupt, 1, MSG_NOSIGNAL) != 1) throw SystemFailure("the emulator's debugger interface", errno);
  if (const std::string answer = Receive(); !answer.starts_with('T') && !answer.starts_with('S'))
    throw Failure("the machine ended while it was audited");
}

void Debugger::Command(const std::string& packet) {
  if (Ask(packet) != "OK") throw Failure("the emulator's debugger interface refuses a breakpoint");
}

// Hardware's: nothing is written into the machine. The last number is the kind, a size, which the emulator does not look at.
void Debugger::SetBreakpoint(u64 address) { Command(fmt::format("Z1,{:x},4", address)); }
void Debugger::ClearBreakpoint(u64 address) { Command(fmt::format("z1,{:x},4", address)); }

void Debugger::AwaitStop() {
  if (const std::string answer = Receive(); !answer.starts_with('T') && !answer.starts_with('S'))
    throw Failure("the machine ended while it was audited");
}

void Debugger::Step() {
  Send("s");
  AwaitStop();
}

std::string Debugger::ReadDescription(const std::string& file) {
  std::string text;
  for (;;) {
    const std::string part = Ask(fmt::format("qXfer:features:read:{}:{:x},ffb", file, text.size()));
    if (part.empty() || (part.front() != 'm' && part.front() != 'l'))
      throw Failure(fmt::format("the emulator does not describe its registers ({})", file));
    text += part.substr(1);
    if (part.front() == 'l' || part.size() == 1) return WithoutComments(std::move(text));
  }
}

// Registers count on from the one before, file by file, where no number is given.
void Debugger::ReadRegisterNumbers() {
  u64 next = 0;
  ForEachElement(ReadDescription("target.xml"), "xi:include", [&](std::string_view include) {
    ForEachElement(ReadDescription(AttributeOf(include, "href")), "reg", [&](std::string_view element) {
      next = Number(AttributeOf(element, "regnum")).value_or(next);
      registers_[AttributeOf(element, "name")] = {next, Number(AttributeOf(element, "bitsize")).value_or(0) / 8};
      next++;
    });
  });
}

u64 Debugger::Register(const std::string& name) {
  if (registers_.empty()) ReadRegisterNumbers();
  constexpr std::string_view kLevel = "_EL1";  // some registers are named without it, by QEMU before 8 more of them
  auto found = registers_.find(name);
  if (found == registers_.end() && name.ends_with(kLevel)) found = registers_.find(name.substr(0, name.size() - kLevel.size()));
  if (found == registers_.end()) throw Failure(fmt::format("the emulator has no register {}", name));
  const std::string digits = Ask(fmt::format("p{:x}", found->second.number));
  if (digits.size() != 2 * found->second.bytes || found->second.bytes > sizeof(u64))
    throw Failure(fmt::format("the emulator does not give register {}", name));
  u64 value = 0;
  for (size_t i = digits.size(); i >= 2; i -= 2) value = value << 8 | DigitOf(digits[i - 2]) << 4 | DigitOf(digits[i - 1]);
  return value;
}

std::vector<std::byte> Debugger::Memory(u64 address, size_t bytes) {
  constexpr size_t kAtOnce = 1024;  // an answer has two digits a byte
  std::vector<std::byte> memory;
  while (memory.size() < bytes) {
    const size_t wanted = std::min(kAtOnce, bytes - memory.size());
    const std::string digits = Ask(fmt::format("m{:x},{:x}", address + memory.size(), wanted));
    if (digits.size() != 2 * wanted) throw Failure("the emulator does not give the machine's memory");
    for (size_t i = 0; i < digits.size(); i += 2)
      memory.push_back(static_cast<std::byte>(DigitOf(digits[i]) << 4 | DigitOf(digits[i + 1])));
  }
  return memory;
}

}  // namespace caponier::tool::audit
