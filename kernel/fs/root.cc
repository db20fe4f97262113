// The root directory, and what is mounted in it.
#include <new>

#include "kernel/fs/context.h"
#include "kernel/fs/devices.h"
#include "kernel/fs/file_systems.h"
#include "kernel/fs/process_tree.h"
#include "kernel/fs/system_tree.h"
#include "kernel/fs/tree_changes.h"
#include "kernel/fs/unpack.h"
#include "kernel/mm/frames.h"
#include "lib/link/protocol.h"

namespace caponier::fs {
namespace {

Ref<Directory> g_root;
Vector<std::byte> g_configuration;

// Hangs `tree` at /`name`, over whatever the archive has there.
Result<void> Mount(std::string_view name, Result<Ref<Directory>> made) {
  Ref<Directory> tree = TRY(std::move(made));
  tree->parent = g_root;
  auto entry = g_root->Insert(name, tree);
  if (entry.ok()) {
    g_root->links++;
  } else {
    if (entry.error() != Error::kExists) return entry.error();
    entry = g_root->Replace(name, tree);
  }
  tree->entry_in_parent = entry.value();
  return {};
}

// A world-writable place for temporary files, unless the archive has its own.
Result<void> MakeTemporary(Context& context) {
  Walk walk(context);
  TRY(walk.Run(context.root, "tmp"));
  if (walk.inode) return {};
  TRY(MakeDirectory(context, walk, 0777));
  TRY(walk.Run(context.root, "tmp"));
  walk.inode->mode = 01777;
  return {};
}

constexpr std::string_view kConfiguration = link::kConfigName;
constexpr std::string_view kHidden = kConfiguration.substr(0, kConfiguration.find('/'));

}  // namespace

Directory& Root() { return *g_root; }

// The archive's first entries are looked at: the launcher puts it there.
Result<MutableBytes> ReadConfiguration(MutableBytes archive, Diagnostics& diagnostics) {
  archive::ArchiveReader reader(archive, diagnostics);
  while (const auto entry = TRY(reader.Next())) {
    if (entry->path == kConfiguration) {
      TRY(g_configuration.Resize(entry->data.size()));
      __builtin_memcpy(g_configuration.data(), entry->data.data(), entry->data.size());
      // It may hold a seed, and its page will be somebody else's.
      SecureWipe(archive.subspan(static_cast<size_t>(entry->data.data() - archive.data()), entry->data.size()));
      break;
    }
    if (entry->path != kHidden && !entry->path.empty()) break;
  }
  return MutableBytes(g_configuration.data(), g_configuration.size());
}

Result<void> InitRoot(Bytes archive, PhysAddr frames, Diagnostics& diagnostics) {
  g_root = TRY(MakeRef<MemoryDirectory>(RootFileSystem(), 0755));
  auto context = TRY(Context::Create());
  context->umask = 0;
  TRY(mm::AdoptFrames(frames, PagesFor(archive.size()), mm::FrameKind::kFile));
  Unpacker unpacker(*context, frames, archive.size());
  archive::ArchiveReader reader(archive, diagnostics);
  while (const auto entry = TRY(reader.Next())) {
    if (entry->path == kConfiguration || entry->path == kHidden) continue;
    if (auto added = unpacker.Add(*entry); !added.ok()) {
      if (added.error() == Error::kMalformed)
        diagnostics.Malformed("an entry's path leads through something that is no directory", entry->data_offset);
      return added.error();
    }
  }
  unpacker.Finish();
  TRY(Mount("dev", MakeDeviceTree()));
  TRY(Mount("proc", MakeProcessTree()));
  TRY(Mount("sys", MakeSystemTree()));
  return MakeTemporary(*context);
}

}  // namespace caponier::fs
