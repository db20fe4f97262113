#include "kernel/fs/system_tree.h"

#include <algorithm>

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

// One processor: number 0.
constexpr TreeEntry kTree[] = {
    {0, "devices", 0755},
    {1, "system", 0755},
    {2, "cpu", 0755},
    {3, "online", 0444, Say<"0">},
    {3, "possible", 0444, Say<"0">},
    {3, "present", 0444, Say<"0">},
    {3, "offline", 0444, Say<"">},
    {3, "kernel_max", 0444, Say<"0">},
    {3, "cpu0", 0755},
    {2, "node", 0755},
    {3, "online", 0444, Say<"0">},
    {3, "possible", 0444, Say<"0">},
    {3, "has_cpu", 0444, Say<"0">},
    {3, "has_memory", 0444, Say<"0">},
    {0, "kernel", 0755},
    {1, "mm", 0755},
    {2, "transparent_hugepage", 0755},
    {3, "enabled", 0644, Say<"always madvise [never]">},
    {3, "hpage_pmd_size", 0444, Say<"2097152">},
    {0, "fs", 0755},
    {1, "cgroup", 0755},
};
static_assert(std::ranges::all_of(kTree, [](const TreeEntry& entry) { return entry.level < kTreeLevels; }));

}  // namespace

Result<Ref<Directory>> MakeSystemTree() {
  Ref<Directory> root = TRY(MakeRef<MemoryDirectory>(SystemFileSystem(), 0555));
  TRY(AddTree(root, kTree));
  return root;
}

}  // namespace caponier::fs
