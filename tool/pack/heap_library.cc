#include "tool/pack/heap_library.h"

#include <algorithm>

#include "tool/failure.h"
#include "tool/pack/environment.h"

namespace caponier::tool {

void AddHeapLibrary(GuestPlan& plan, const std::string& library, const RunOptions& options) {
  // ld-linux-x86-64.so.2, ld-linux-aarch64.so.1: glibc's. With the program and its interpreter an object list begins.
  const bool glibc = plan.objects.size() > 1 && plan.objects[1].find("/ld-linux-") != std::string::npos;
  if (!glibc) throw Failure("--heap caponier is for programs that are linked dynamically to glibc; this one is not");
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
