#include "tool/pack/heap_library.h"

#include <algorithm>

#include "tool/pack/environment.h"

namespace caponier::tool {

std::optional<CLibrary> CLibraryOf(const GuestPlan& plan) {
  // ld-linux-x86-64.so.2, ld-musl-aarch64.so.1: by the name, for musl's is a link to its C library.
  // A program of Go names glibc's loader and needs nothing else of it.
  if (plan.interpreter.find("/ld-linux-") != std::string::npos &&
      std::ranges::any_of(plan.files.entries(), [](const auto& entry) { return entry.first.ends_with("/libc.so.6"); }))
    return CLibrary::kGlibc;
  if (plan.interpreter.find("/ld-musl-") != std::string::npos) return CLibrary::kMusl;
  return std::nullopt;
}

void AddHeapLibrary(GuestPlan& plan, const std::string& library, const RunOptions& options) {
  plan.files.AddFileAt(std::string(kHeapLibraryPlace), library, 0644);
  const auto set = [&](const std::string& name, const std::string& value) {
    std::erase_if(plan.environment, [&](const std::string& line) { return line.starts_with(name + "="); });
    plan.environment.push_back(name + "=" + value);
  };
  const std::string others = LookUp(plan.environment, "LD_PRELOAD").value_or("");
  set("LD_PRELOAD", std::string(kHeapLibraryPlace) + (others.empty() ? "" : ":" + others));
  if (!options.tagging.empty() && !LookUp(plan.environment, "CAPONIER_HEAP")) set("CAPONIER_HEAP", "tagging=" + options.tagging);
}

bool HasHeapLibrary(const GuestPlan& plan) { return plan.files.Find(std::string(kHeapLibraryPlace)) != nullptr; }

}  // namespace caponier::tool
