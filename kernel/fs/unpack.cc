#include "kernel/fs/unpack.h"

#include <algorithm>

#include "kernel/fs/tree_changes.h"
#include "kernel/mm/frames.h"
#include "kernel/mm/user_copy.h"
#include "kernel/mm/window.h"
#include "lib/linux_abi/types.h"

namespace caponier::fs {
namespace {

constexpr u32 kTypeShift = 12;  // the type in st_mode, shifted, is an InodeType

void Describe(Inode& node, const archive::Entry& entry) {
  node.mode = entry.permissions() & 07777;
  node.user = entry.uid;
  node.group = entry.gid;
  node.accessed = node.modified = node.changed = node.born = FileTime{entry.mtime} * 1'000'000'000 + entry.mtime_ns;
}

}  // namespace

// The directory a path's last component goes into; directories that the archive does not name are made on the way.
Result<Ref<Directory>> Unpacker::ParentOf(std::string_view path) {
  const size_t slash = path.rfind('/');
  if (slash == std::string_view::npos) return context_.root;
  const std::string_view parent = path.substr(0, slash);
  if (parent_ && parent_path_.view() == parent) return parent_;
  Ref<Directory> here = context_.root;
  for (size_t at = 0; at < parent.size();) {
    const size_t end = std::min(parent.find('/', at), parent.size());
    const std::string_view name = parent.substr(at, end - at);
    Walk walk(context_);
    TRY(walk.Run(here, name));
    if (!walk.inode) {
      TRY(MakeDirectory(context_, walk, 0755));
      TRY(walk.Run(here, name));
    }
    if (!walk.inode->is_directory()) return Error::kMalformed;
    here = Ref<Directory>::Share(walk.inode->as_directory());
    at = end + 1;
  }
  parent_path_ = TRY(String::From(parent));
  parent_ = here;
  return here;
}

Result<void> Unpacker::Fill(RegularFile& file, const archive::Entry& entry) {
  if (entry.data.empty() || file.size() != 0) return {};
  if (!IsAligned(entry.data_offset, kPageSize)) {
    mm::IoBuffer from = mm::IoBuffer::Kernel(entry.data);
    if (TRY(file.data().Write(from, 0)) != entry.data.size()) return Error::kNoMemory;
    return {};
  }
  const Run run{entry.data_offset >> kPageBits, PagesFor(entry.data.size()), entry.data.size() % kPageSize};
  TRY(runs_.Append(run));
  file.data().Adopt(frames_ + entry.data_offset, run.count, entry.data.size());
  return {};
}

Result<void> Unpacker::Add(const archive::Entry& entry) {
  if (entry.path.empty()) {
    Describe(*context_.root, entry);
    return {};
  }
  Ref<Directory> parent = TRY(ParentOf(entry.path));
  const std::string_view name = entry.path.substr(entry.path.rfind('/') + 1);
  const auto type = static_cast<InodeType>(entry.type() >> kTypeShift);
  Walk walk(context_);
  TRY(walk.Run(parent, name, {.follow_last = false}));
  if (type == InodeType::kDirectory) {
    if (!walk.inode) {
      TRY(MakeDirectory(context_, walk, 0755));
      TRY(walk.Run(parent, name, {.follow_last = false}));
    }
    if (!walk.inode->is_directory()) return Error::kMalformed;
    Describe(*walk.inode, entry);
    parent->modified = parent->changed = parent->born;
    return {};
  }
  if (walk.inode) {  // a later entry replaces an earlier one
    TRY(Unlink(context_, walk));
    TRY(walk.Run(parent, name, {.follow_last = false}));
  }
  Ref<Inode> node;
  if (entry.nlink > 1) {
    for (const Linked& linked : linked_) {
      if (linked.inode == entry.ino && linked.device == entry.device) node = linked.node;
    }
  }
  if (node) {
    TRY(MakeLink(context_, walk, node));
  } else if (type == InodeType::kSymlink) {
    TRY(MakeSymbolicLink(context_, walk, AsText(entry.data)));
    TRY(walk.Run(parent, name, {.follow_last = false}));
    node = walk.inode;
  } else {
    const u64 special = linux_abi::MakeDevice(entry.rdev.major, entry.rdev.minor);
    node = TRY(CreateFile(context_, walk, type, 0, special)).inode;
    if (entry.nlink > 1) TRY(linked_.Append({entry.ino, entry.device, node}));
  }
  if (type == InodeType::kRegular && node->type() == InodeType::kRegular) TRY(Fill(static_cast<RegularFile&>(*node), entry));
  Describe(*node, entry);
  // A directory's own time is its entry's, not that of the last thing put into it.
  parent->modified = parent->changed = parent->born;
  return {};
}

void Unpacker::Finish() {
  {
    const mm::Gate gate;
    for (const Run& run : runs_) {
      if (run.tail == 0) continue;
      mm::Window window(frames_ + ((run.first + run.count - 1) << kPageBits), mm::Window::kWrite);
      __builtin_memset(window.data() + run.tail, 0, kPageSize - run.tail);
    }
  }
  u64 page = 0;  // the runs stand in the archive's order
  for (const Run& run : runs_) {
    for (; page < run.first; page++) mm::ReleaseFrame(frames_ + (page << kPageBits));
    page = run.first + run.count;
  }
  for (; page < pages_; page++) mm::ReleaseFrame(frames_ + (page << kPageBits));
}

}  // namespace caponier::fs
