// What the calls of System V's shared memory, semaphores and message queues do alike.
#pragma once

#include "kernel/mm/system_v.h"
#include "kernel/syscall/call.h"
#include "lib/linux_abi/types.h"

namespace caponier::syscall {

inline constexpr u32 kMayRead = 4, kMayWrite = 2, kMayExecute = 1;

i64 SecondsNow();  // since 1970

Result<void> CheckAccess(Call& call, const mm::SystemVObject& object, u32 permissions);
Result<void> CheckOwner(Call& call, const mm::SystemVObject& object);
// As shmget(2) and its like find what they shall return; null: it is to be made. The permissions that `flags` name are checked by
// CheckFlags, after what each kind looks at first.
Result<mm::SystemVObject*> FindForKey(mm::SystemVTable& table, i32 key, u32 flags);
Result<void> CheckFlags(Call& call, const mm::SystemVObject& object, u32 flags);
// The caller made it.
void SetCreator(Call& call, mm::SystemVObject& object, u32 flags);
linux_abi::IpcPerm DescribeOwner(const mm::SystemVObject& object);
// IPC_SET.
Result<void> SetOwner(Call& call, mm::SystemVObject& object, const linux_abi::IpcPerm& wanted);

// kInvalidArgument when there is none of that number.
template <typename T>
Result<T*> ObjectOf(mm::SystemVTable& table, i32 id) {
  mm::SystemVObject* object = table.Find(id);
  if (object == nullptr) return Error::kInvalidArgument;
  return static_cast<T*>(object);
}

}  // namespace caponier::syscall
