#include "tool/pack/environment.h"

#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <memory>

#include "tool/host/program_search.h"

extern char** environ;

namespace caponier::tool {
namespace {

void Set(std::vector<std::string>& environment, std::string_view name, std::string_view value) {
  const std::string prefix = std::string(name) + "=";
  std::erase_if(environment, [&](const std::string& line) { return line.starts_with(prefix); });
  environment.push_back(prefix + std::string(value));
}

bool IsPlainLocale(std::string_view name) { return name == "C" || name == "POSIX" || name == "C.UTF-8" || name == "C.utf8"; }

// glibc.mem.tagging, [glibc-manual] "Memory Related Tunables": bit 0 tags the heap, bit 1 asks for precise faults, bit 2 leaves
// the choice between precise and deferred to the system.
std::string_view TunableFor(std::string_view heap, std::string_view tagging) {
  if (heap == "libc" || tagging == "off") return "";
  if (tagging == "async") return "glibc.mem.tagging=1";
  if (tagging == "asymm") return "glibc.mem.tagging=5";
  return "glibc.mem.tagging=3";
}

// For libcaponier-heap, which a static program may be linked with too.
std::string HeapSettingsOf(const RunOptions& options) {
  std::string settings = options.tagging.empty() ? "" : "tagging=" + options.tagging;
  if (!settings.empty() && !options.heap_settings.empty()) settings += ",";
  return settings + options.heap_settings;
}

}  // namespace

std::optional<std::string> LookUp(const std::vector<std::string>& environment, std::string_view name) {
  const std::string prefix = std::string(name) + "=";
  for (auto line = environment.rbegin(); line != environment.rend(); ++line) {
    if (line->starts_with(prefix)) return line->substr(prefix.size());
  }
  return std::nullopt;
}

std::optional<std::string> Surroundings::Variable(std::string_view name) const { return LookUp(environment, name); }

Surroundings CurrentSurroundings() {
  Surroundings here;
  const std::unique_ptr<char, void (*)(void*)> directory(getcwd(nullptr, 0), free);
  here.directory = directory != nullptr && directory.get()[0] == '/' ? directory.get() : "/";
  for (char** line = environ; *line != nullptr; line++) here.environment.emplace_back(*line);
  return here;
}

std::vector<std::string> GuestEnvironment(const RunOptions& options, const Surroundings& here, const GuestPlan& plan) {
  std::vector<std::string> environment;
  Set(environment, "PATH", kDefaultPath);
  Set(environment, "HOME", "/root");
  Set(environment, "PWD", plan.workdir);
  for (const char* name : {"TERM", "COLORTERM", "NO_COLOR", "TZ"}) {
    if (const auto value = here.Variable(name)) Set(environment, name, *value);
  }
  for (const std::string& line : here.environment) {
    const size_t equals = line.find('=');
    const std::string_view name = std::string_view(line).substr(0, equals);
    if (equals != std::string::npos && (name == "LANG" || name.starts_with("LC_")) &&
        IsPlainLocale(std::string_view(line).substr(equals + 1))) {
      Set(environment, name, std::string_view(line).substr(equals + 1));
    }
  }
  // The start-up code of glibc 2.36 obeys the tunable before it has relocated a static program: prctl reads the canary by an address that
  // is not there yet, and the program ends by SIGSEGV, on Linux too.
  if (const std::string_view tunable = TunableFor(options.heap, options.tagging);
      plan.arch == Arch::kAarch64 && !plan.moves_itself && !tunable.empty()) {
    Set(environment, "GLIBC_TUNABLES", tunable);
  }
  if (const std::string settings = HeapSettingsOf(options); !settings.empty()) Set(environment, "CAPONIER_HEAP", settings);
  for (const std::string& line : options.environment) {
    const size_t equals = line.find('=');
    if (equals != std::string::npos) {
      Set(environment, line.substr(0, equals), std::string_view(line).substr(equals + 1));
    } else if (const auto value = here.Variable(line)) {
      Set(environment, line, *value);
    }
  }
  return environment;
}

bool UsesUtf8Locale(const std::vector<std::string>& environment) {
  return std::any_of(environment.begin(), environment.end(), [](const std::string& line) {
    return (line.starts_with("LANG=") || line.starts_with("LC_")) && (line.ends_with("=C.UTF-8") || line.ends_with("=C.utf8"));
  });
}

}  // namespace caponier::tool
