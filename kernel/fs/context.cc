#include "kernel/fs/context.h"

#include <algorithm>

#include "kernel/fs/record_locks.h"
#include "kernel/mm/frames.h"

namespace caponier::fs {

namespace {

// The process's locks of ranges go with the first of its descriptors of the file that goes [fcntl(2)].
void DropLocks(const File* file) {
  if (file == nullptr || !file->usable() || file->inode() == nullptr || file->inode()->record_locks == nullptr) return;
  file->inode()->record_locks->ReleaseAll(RecordLocks::kProcess);
  File::lock_released().WakeAll();
}

}  // namespace

Result<Ref<Context>> Context::Create() {
  auto context = TRY(MakeRef<Context>());
  context->root = Ref<Directory>::Share(&Root());
  context->working = context->root;
  return context;
}

bool Context::IsOpen(int descriptor) const {
  return descriptor >= 0 && static_cast<size_t>(descriptor) < slots_.size() && slots_[static_cast<size_t>(descriptor)].file;
}

Result<Ref<File>> Context::Get(int descriptor) const {
  if (!IsOpen(descriptor)) return Error::kBadDescriptor;
  return slots_[static_cast<size_t>(descriptor)].file;
}

// Makes sure that the table has a slot `at`.
Result<void> Context::GrowTo(size_t at) {
  if (at < slots_.size()) return {};
  if (mm::InReserve()) return Error::kNoMemory;
  return slots_.Resize(at + 1);
}

Result<int> Context::Install(Ref<File> file, bool close_on_exec, int lowest) {
  size_t at = std::max(lowest_free_, static_cast<size_t>(lowest));
  while (at < slots_.size() && slots_[at].file) at++;
  if (at >= descriptor_limit) return Error::kTooManyOpen;
  TRY(GrowTo(at));
  slots_[at] = {std::move(file), close_on_exec};
  if (static_cast<size_t>(lowest) <= lowest_free_) lowest_free_ = at + 1;
  return static_cast<int>(at);
}

Result<void> Context::InstallAt(int descriptor, Ref<File> file, bool close_on_exec) {
  if (descriptor < 0 || static_cast<u32>(descriptor) >= descriptor_limit) return Error::kBadDescriptor;
  const auto at = static_cast<size_t>(descriptor);
  TRY(GrowTo(at));
  DropLocks(slots_[at].file.get());
  slots_[at] = {std::move(file), close_on_exec};  // the old file, if any, closes here
  if (at == lowest_free_) lowest_free_++;
  return {};
}

Result<void> Context::Close(int descriptor) {
  if (!IsOpen(descriptor)) return Error::kBadDescriptor;
  const auto at = static_cast<size_t>(descriptor);
  lowest_free_ = std::min(lowest_free_, at);
  // Out of the table first: what closing wakes or frees must not find it there.
  Ref<File> file = std::move(slots_[at].file);
  slots_[at].close_on_exec = false;
  DropLocks(file.get());
  return {};
}

void Context::CloseRange(u32 first, u32 last) {
  for (int fd = NextOpen(static_cast<int>(std::min<u32>(first, 0x7fffffff))); fd >= 0 && static_cast<u32>(fd) <= last;
       fd = NextOpen(fd + 1)) {
    (void)Close(fd);
  }
}

void Context::CloseForExec() {
  for (int fd = NextOpen(0); fd >= 0; fd = NextOpen(fd + 1)) {
    if (slots_[static_cast<size_t>(fd)].close_on_exec) (void)Close(fd);
  }
}

Result<bool> Context::close_on_exec(int descriptor) const {
  if (!IsOpen(descriptor)) return Error::kBadDescriptor;
  return slots_[static_cast<size_t>(descriptor)].close_on_exec;
}

Result<void> Context::SetCloseOnExec(int descriptor, bool value) {
  if (!IsOpen(descriptor)) return Error::kBadDescriptor;
  slots_[static_cast<size_t>(descriptor)].close_on_exec = value;
  return {};
}

int Context::NextOpen(int from) const {
  for (size_t at = static_cast<size_t>(std::max(from, 0)); at < slots_.size(); at++) {
    if (slots_[at].file) return static_cast<int>(at);
  }
  return -1;
}

}  // namespace caponier::fs
