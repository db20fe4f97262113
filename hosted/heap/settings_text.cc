#include "hosted/heap/settings_text.h"

#include <stdlib.h>
#include <sys/auxv.h>
#include <unistd.h>

#include "hosted/heap/complain.h"
#include "lib/base/format.h"

namespace caponier::hosted {
namespace {

constexpr std::string_view kName = "CAPONIER_HEAP=";

// getenv takes no lock in any C library, but glibc's may not be ready when the first block is wanted; then there is no environment yet
// and the vector is still null.
std::string_view FindText() {
  if (environ == nullptr || getauxval(AT_SECURE) != 0) return {};
  for (char** variable = environ; *variable != nullptr; variable++) {
    std::string_view text = *variable;
    if (!text.starts_with(kName)) continue;
    text.remove_prefix(kName.size());
    return text;
  }
  return {};
}

}  // namespace

heap::Settings SettingsOfProcess() {
  heap::Settings settings;
  heap::SettingsError error;
  if (heap::ReadSettings(FindText(), &settings, &error)) return settings;
  InlineText<400> line;
  Format(line, "CAPONIER_HEAP: \"{}\" is none of its settings; expected {}", error.word, error.expected);
  RefuseWith(line.text());
}

}  // namespace caponier::hosted
