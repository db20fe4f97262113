#include "tool/failure.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cstring>

namespace caponier::tool {

Failure SystemFailure(const std::string& what, int error) { return Failure(fmt::format("{}: {}", what, std::strerror(error))); }

std::string Printable(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte == 0x7f) {
      out += fmt::format("\\x{:02x}", byte);
    } else {
      out += c;
    }
  }
  return out;
}

void Say(std::string_view text) {
  const std::string line = fmt::format("caponier: {}\n", Printable(text));
  std::string_view rest = line;
  while (!rest.empty()) {
    const ssize_t written = write(STDERR_FILENO, rest.data(), rest.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return;
    rest.remove_prefix(static_cast<size_t>(written));
  }
}

}  // namespace caponier::tool
