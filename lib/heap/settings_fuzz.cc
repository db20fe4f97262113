// Any text as the heap's settings: it is refused with a word of its own and what could stand there, or gives settings that the heap can have.
#include <bit>

#include "lib/heap/settings.h"

using namespace caponier;
using namespace caponier::heap;

extern "C" int LLVMFuzzerTestOneInput(const u8* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  Settings settings;
  SettingsError error;
  if (!ReadSettings(text, &settings, &error)) {
    if (error.expected.empty() || error.word.data() < text.data() || error.word.data() + error.word.size() > text.data() + size)
      __builtin_trap();
    return 0;
  }
  const bool well = settings.quarantine <= Settings::kMaxQuarantine && settings.record <= Settings::kMaxRecord &&
                    settings.sample <= u64{1} << 32 && std::has_single_bit(settings.arena_bytes) &&
                    settings.arena_bytes >= Settings::kMinArenaBytes && settings.arena_bytes <= Settings::kMaxArenaBytes &&
                    settings.tagging <= Tagging::kAsymmetric && settings.scope <= TagScope::kAuto &&
                    settings.check <= Check::kAuto;
  if (!well) __builtin_trap();
  return 0;
}
