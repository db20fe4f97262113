#include "kernel/fs/system_tree.h"

#include "kernel/fs/file_systems.h"
#include "kernel/fs/memory_tree.h"
#include "kernel/fs/text_node.h"

namespace caponier::fs {
namespace {

// Its own text, a line.
template <size_t N>
struct Line {
  char text[N];
  constexpr Line(const char (&from)[N]) {
    for (size_t i = 0; i < N; i++) text[i] = from[i];
  }
};
template <Line kLine>
Result<void> Say(TextSink& sink, u64) {
  sink.Write(kLine.text);
  sink.Write("\n");
  return {};
}

}  // namespace

Result<Ref<Directory>> MakeSystemTree() {
  Ref<Directory> root = TRY(MakeRef<MemoryDirectory>(SystemFileSystem(), 0555));
  Ref<Directory> devices = TRY(AddDirectory(root, "devices", 0755));
  Ref<Directory> system = TRY(AddDirectory(devices, "system", 0755));
  // One processor: number 0.
  Ref<Directory> processors = TRY(AddDirectory(system, "cpu", 0755));
  for (const std::string_view name : {"online", "possible", "present"}) TRY(AddText(*processors, name, Say<"0">));
  TRY(AddText(*processors, "offline", Say<"">));
  TRY(AddText(*processors, "kernel_max", Say<"0">));
  TRY(AddDirectory(processors, "cpu0", 0755));
  Ref<Directory> nodes = TRY(AddDirectory(system, "node", 0755));
  for (const std::string_view name : {"online", "possible", "has_cpu", "has_memory"}) TRY(AddText(*nodes, name, Say<"0">));
  Ref<Directory> kernel = TRY(AddDirectory(root, "kernel", 0755));
  Ref<Directory> memory = TRY(AddDirectory(kernel, "mm", 0755));
  Ref<Directory> huge = TRY(AddDirectory(memory, "transparent_hugepage", 0755));
  TRY(AddText(*huge, "enabled", Say<"always madvise [never]">, 0, 0644));
  TRY(AddText(*huge, "hpage_pmd_size", Say<"2097152">));
  Ref<Directory> file_systems = TRY(AddDirectory(root, "fs", 0755));
  TRY(AddDirectory(file_systems, "cgroup", 0755));
  return root;
}

}  // namespace caponier::fs
