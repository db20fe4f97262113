// From the archive the machine was started with to a tree of files, without copying what they hold.
#pragma once

#include "kernel/fs/context.h"
#include "kernel/fs/memory_tree.h"
#include "lib/archive/reader.h"

namespace caponier::fs {

class Unpacker {
 public:
  // `frames`: where the archive lies; its frames were adopted.
  Unpacker(Context& context, PhysAddr frames, u64 archive_bytes)
      : context_(context), frames_(frames), pages_(PagesFor(archive_bytes)) {}
  // Entries in the order they stand in the archive. kMalformed for a path that leads through a file.
  Result<void> Add(const archive::Entry& entry);
  // After the last: blanks what follows the files' ends and gives back the frames that hold none of their data.
  void Finish();

 private:
  struct Run {
    u64 first = 0, count = 0;  // pages of the archive that a file keeps
    u64 tail = 0;              // bytes used in the last one; 0 all
  };
  struct Linked {
    u32 inode = 0;
    archive::DeviceNumber device;
    Ref<Inode> node;
  };
  Result<Ref<Directory>> ParentOf(std::string_view path);
  Result<void> Fill(RegularFile& file, const archive::Entry& entry);

  Context& context_;
  PhysAddr frames_;
  u64 pages_;
  Vector<Run> runs_;
  Vector<Linked> linked_;
  String parent_path_;  // the last entry's directory
  Ref<Directory> parent_;
};

}  // namespace caponier::fs
