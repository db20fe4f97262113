// What a process knows of files: its descriptors, its working directory and root, its umask, and who it is to files.
#pragma once

#include <string_view>

#include "kernel/fs/file.h"
#include "kernel/fs/inode.h"
#include "lib/base/bytes.h"
#include "lib/base/diagnostics.h"
#include "lib/base/ref.h"
#include "lib/base/vector.h"

namespace caponier::fs {

inline constexpr u32 kDescriptorLimitSoft = 1024, kDescriptorLimitHard = 1024 * 1024;

class Context : public RefCounted {
 public:
  // At the root directory, without descriptors. InitRoot came before.
  static Result<Ref<Context>> Create();

  // kBadDescriptor when nothing is open there.
  Result<Ref<File>> Get(int descriptor) const;
  // The lowest free descriptor from `lowest` on.
  Result<int> Install(Ref<File> file, bool close_on_exec, int lowest = 0);
  // Puts `file` at exactly `descriptor`, closing what was there.
  Result<void> InstallAt(int descriptor, Ref<File> file, bool close_on_exec);
  Result<void> Close(int descriptor);
  void CloseRange(u32 first, u32 last);
  void CloseAll() { CloseRange(0, ~0u); }
  void CloseForExec();  // those marked so
  Result<bool> close_on_exec(int descriptor) const;
  Result<void> SetCloseOnExec(int descriptor, bool value);
  // The open descriptors from `from` on: the next one, or -1.
  int NextOpen(int from) const;
  size_t table_size() const { return slots_.size(); }

  // RLIMIT_NOFILE.
  u32 descriptor_limit = kDescriptorLimitSoft, descriptor_limit_hard = kDescriptorLimitHard;
  u32 umask = 022;
  Credentials credentials;
  Ref<Directory> root, working;
  // What runs, for /proc/self/exe and /proc/self/auxv: set by whoever loads the program.
  Ref<File> executable;
  Vector<u64> auxiliary_vector;

 private:
  struct Slot {
    Ref<File> file;
    bool close_on_exec = false;
  };
  bool IsOpen(int descriptor) const;
  Result<void> GrowTo(size_t at);

  Vector<Slot> slots_;
  size_t lowest_free_ = 0;  // no slot below it is free
};

// The file that `path` leads to, as open(2) with Linux's flags opens it; no descriptor is used.
Result<Ref<File>> Open(Context& context, std::string_view path, u32 flags, u32 mode);

// The configuration entry of the archive (empty when it has none): a copy, valid for ever; where it
// lay it is erased, since it may hold a seed. kMalformed after a complaint.
Result<MutableBytes> ReadConfiguration(MutableBytes archive, Diagnostics& diagnostics);
// Makes the tree that programs see. Unpacks a cpio archive whose first byte lies at `frames` (page-aligned) and which `archive`
// maps, readable, during the call. Files keep their frames where they are; the archive's other frames are given back, so the
// caller drops its mapping next. The configuration entry is left out. kMalformed after a complaint to `diagnostics`.
Result<void> InitRoot(Bytes archive, PhysAddr frames, Diagnostics& diagnostics);
Directory& Root();

}  // namespace caponier::fs
