#include "tool/pack/heap_library.h"

#include <algorithm>

#include "tool/host/elf_file.h"
#include "tool/pack/environment.h"

namespace caponier::tool {

namespace {

// glibc itself, as new as the library wants it. A program of Go names glibc's loader and brings nothing else of it.
bool HasGlibc(const FileSet& files) {
  return std::ranges::any_of(files.entries(), [](const auto& file) {
    const auto& [path, entry] = file;
    const std::string_view name = std::string_view(path).substr(path.rfind('/') + 1);
    if (entry.is_symlink() || (name != "libc.so.6" && !name.starts_with("libc-2."))) return false;
    constexpr std::string_view kVersion = "GLIBC_2.34";
    if (entry.host_path.empty()) return entry.text.find(kVersion) != std::string::npos;
    return AsText(MappedFile(entry.host_path).bytes()).find(kVersion) != std::string_view::npos;
  });
}

}  // namespace

std::optional<CLibrary> CLibraryOf(const GuestPlan& plan) {
  // ld-linux-x86-64.so.2, ld-musl-aarch64.so.1: by the name, for musl's is a link to its C library.
  if (plan.interpreter.find("/ld-linux-") != std::string::npos && HasGlibc(plan.files)) return CLibrary::kGlibc;
  if (plan.interpreter.find("/ld-musl-") != std::string::npos) return CLibrary::kMusl;
  return std::nullopt;
}

void AddHeapLibrary(GuestPlan& plan, const std::string& library) {
  plan.files.AddFileAt(std::string(kHeapLibraryPlace), library, 0644);
  const std::string name = "LD_PRELOAD=", others = LookUp(plan.environment, "LD_PRELOAD").value_or("");
  std::erase_if(plan.environment, [&](const std::string& line) { return line.starts_with(name); });
  plan.environment.push_back(name + std::string(kHeapLibraryPlace) + (others.empty() ? "" : ":" + others));
}

bool HasHeapLibrary(const GuestPlan& plan) { return plan.files.Find(std::string(kHeapLibraryPlace)) != nullptr; }

}  // namespace caponier::tool
