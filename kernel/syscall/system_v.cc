#include "kernel/syscall/system_v.h"

#include "lib/linux_abi/ipc_flags.h"

namespace caponier::syscall {

using namespace linux_abi;
using mm::SystemVObject;

i64 SecondsNow() { return static_cast<i64>(sched::RealTimeNs() / 1'000'000'000); }

Result<void> CheckAccess(Call& call, const SystemVObject& object, u32 permissions) {
  const sched::Credentials& who = call.process().credentials;
  const u32 user = who.user.effective, group = who.group.effective;
  if (user == 0) return {};
  const u32 granted = user == object.user || user == object.creator_user       ? object.mode >> 6
                      : group == object.group || group == object.creator_group ? object.mode >> 3
                                                                               : object.mode;
  return (permissions & ~granted & 7) == 0 ? Result<void>() : Error::kAccessDenied;
}

Result<void> CheckOwner(Call& call, const SystemVObject& object) {
  const u32 user = call.process().credentials.user.effective;
  return user == 0 || user == object.user || user == object.creator_user ? Result<void>() : Error::kNotPermitted;
}

Result<SystemVObject*> FindForKey(mm::SystemVTable& table, i32 key, u32 flags) {
  SystemVObject* object = key == kIPC_PRIVATE ? nullptr : table.FindByKey(key);
  if (object == nullptr && key != kIPC_PRIVATE && (flags & kIPC_CREAT) == 0) return Error::kNotFound;
  if (object != nullptr && (flags & kIPC_CREAT) != 0 && (flags & kIPC_EXCL) != 0) return Error::kExists;
  return object;
}

Result<void> CheckFlags(Call& call, const SystemVObject& object, u32 flags) {
  return CheckAccess(call, object, (flags >> 6 | flags >> 3 | flags) & 7);
}

void SetCreator(Call& call, SystemVObject& object, u32 flags) {
  const sched::Credentials& who = call.process().credentials;
  object.user = object.creator_user = who.user.effective;
  object.group = object.creator_group = who.group.effective;
  object.mode = flags & 0777;
  object.changed_at = SecondsNow();
}

IpcPerm DescribeOwner(const SystemVObject& object) {
  return {.key = object.key,
          .uid = object.user,
          .gid = object.group,
          .cuid = object.creator_user,
          .cgid = object.creator_group,
          .mode = object.mode};
}

Result<void> SetOwner(Call& call, SystemVObject& object, const IpcPerm& wanted) {
  TRY(CheckOwner(call, object));
  object.user = wanted.uid;
  object.group = wanted.gid;
  object.mode = wanted.mode & 0777;
  object.changed_at = SecondsNow();
  return {};
}

}  // namespace caponier::syscall
