// Users, groups and capabilities, by Linux's rules [credentials(7)] [capabilities(7)]: whoever has the capability may become anybody,
// anybody else only what it was already. Each process-wide, as the C libraries keep them.
#include "kernel/syscall/call.h"
#include "lib/linux_abi/types.h"

namespace caponier::syscall {
namespace {

using namespace linux_abi;
using sched::Credentials;
using sched::Identity;

constexpr u32 kKeep = 0xffff'ffff;  // -1: leave as it is

// By their bits: CAP_SETGID, CAP_SETUID.
enum class Capability : u8 { kSetGroup = 6, kSetUser = 7 };
bool Has(const Call& call, Capability capability) {
  return (call.thread.process->credentials.effective >> static_cast<u8>(capability) & 1) != 0;
}
bool Among(u32 id, const Identity& identity) { return id == identity.real || id == identity.effective || id == identity.saved; }

// Leaving root takes the capabilities along, unless the program asked to keep them.
void Apply(Call& call, const Identity& user, const Identity& group) {
  sched::Process& process = call.process();
  Credentials& credentials = process.credentials;
  const Identity old = credentials.user;
  credentials.user = user;
  credentials.group = group;
  const bool was_root = old.real == 0 || old.effective == 0 || old.saved == 0;
  const bool is_root = user.real == 0 || user.effective == 0 || user.saved == 0;
  if (was_root && !is_root) {
    if (!credentials.keep_capabilities) credentials.permitted = 0;
    credentials.ambient = 0;
  }
  if (old.effective == 0 && user.effective != 0) credentials.effective = 0;
  if (old.effective != 0 && user.effective == 0) credentials.effective = credentials.permitted;
  process.user_id = user.filesystem;
  process.group_id = group.filesystem;
}

Result<Identity> SetOne(bool privileged, const Identity& old, u32 id) {
  if (id == kKeep) return Error::kInvalidArgument;
  if (privileged) return Identity{id, id, id, id};
  if (id != old.real && id != old.saved) return Error::kNotPermitted;
  return Identity{old.real, id, old.saved, id};
}

Result<Identity> SetTwo(bool privileged, const Identity& old, u32 real, u32 effective) {
  Identity identity = old;
  if (real != kKeep) {
    if (!privileged && real != old.real && real != old.effective) return Error::kNotPermitted;
    identity.real = real;
  }
  if (effective != kKeep) {
    if (!privileged && !Among(effective, old)) return Error::kNotPermitted;
    identity.effective = effective;
  }
  if (real != kKeep || (effective != kKeep && effective != old.real)) identity.saved = identity.effective;
  identity.filesystem = identity.effective;
  return identity;
}

Result<Identity> SetThree(bool privileged, const Identity& old, u32 real, u32 effective, u32 saved) {
  for (const u32 id : {real, effective, saved}) {
    if (id != kKeep && !privileged && !Among(id, old)) return Error::kNotPermitted;
  }
  Identity identity{real == kKeep ? old.real : real, effective == kKeep ? old.effective : effective,
                    saved == kKeep ? old.saved : saved, 0};
  identity.filesystem = identity.effective;
  return identity;
}

Result<i64> SetUser(Call& call, const Result<Identity>& identity) {
  Apply(call, TRY(identity), call.process().credentials.group);
  return 0;
}
Result<i64> SetGroup(Call& call, const Result<Identity>& identity) {
  Apply(call, call.process().credentials.user, TRY(identity));
  return 0;
}

Result<i64> WriteThree(const Call& call, const Identity& identity) {
  TRY(mm::WriteUser(call[0], identity.real));
  TRY(mm::WriteUser(call[1], identity.effective));
  TRY(mm::WriteUser(call[2], identity.saved));
  return 0;
}

// _LINUX_CAPABILITY_VERSION_1, _2 and _3; the first has 32 capabilities, the others 64 in two parts.
constexpr u32 kCapabilityVersion1 = 0x19980330, kCapabilityVersion2 = 0x20071026, kCapabilityVersion3 = 0x20080522;

// The number of parts; an unknown version is answered with the one to use.
Result<u32> CapabilityParts(const Call& call, const CapUserHeader& header) {
  if (header.version == kCapabilityVersion1) return 1;
  if (header.version == kCapabilityVersion2 || header.version == kCapabilityVersion3) return 2;
  TRY(mm::WriteUser(call[0], kCapabilityVersion3));
  return Error::kInvalidArgument;
}

u32 Part(u64 set, u32 index) { return static_cast<u32>(set >> (32 * index)); }

}  // namespace

Result<i64> SysGetuid(Call& call) { return i64{call.process().credentials.user.real}; }
Result<i64> SysGeteuid(Call& call) { return i64{call.process().credentials.user.effective}; }
Result<i64> SysGetgid(Call& call) { return i64{call.process().credentials.group.real}; }
Result<i64> SysGetegid(Call& call) { return i64{call.process().credentials.group.effective}; }
Result<i64> SysGetresuid(Call& call) { return WriteThree(call, call.process().credentials.user); }
Result<i64> SysGetresgid(Call& call) { return WriteThree(call, call.process().credentials.group); }

Result<i64> SysSetuid(Call& call) {
  return SetUser(call, SetOne(Has(call, Capability::kSetUser), call.process().credentials.user, call.Unsigned(0)));
}
Result<i64> SysSetgid(Call& call) {
  return SetGroup(call, SetOne(Has(call, Capability::kSetGroup), call.process().credentials.group, call.Unsigned(0)));
}
Result<i64> SysSetreuid(Call& call) {
  return SetUser(call,
                 SetTwo(Has(call, Capability::kSetUser), call.process().credentials.user, call.Unsigned(0), call.Unsigned(1)));
}
Result<i64> SysSetregid(Call& call) {
  return SetGroup(call,
                  SetTwo(Has(call, Capability::kSetGroup), call.process().credentials.group, call.Unsigned(0), call.Unsigned(1)));
}
Result<i64> SysSetresuid(Call& call) {
  return SetUser(call, SetThree(Has(call, Capability::kSetUser), call.process().credentials.user, call.Unsigned(0),
                                call.Unsigned(1), call.Unsigned(2)));
}
Result<i64> SysSetresgid(Call& call) {
  return SetGroup(call, SetThree(Has(call, Capability::kSetGroup), call.process().credentials.group, call.Unsigned(0),
                                 call.Unsigned(1), call.Unsigned(2)));
}

// These two have no way to fail: they return what was in force before.
Result<i64> SysSetfsuid(Call& call) {
  Identity& user = call.process().credentials.user;
  const u32 old = user.filesystem, wanted = call.Unsigned(0);
  if (wanted != kKeep && (Has(call, Capability::kSetUser) || Among(wanted, user) || wanted == old)) {
    user.filesystem = wanted;
    call.process().user_id = wanted;
  }
  return i64{old};
}
Result<i64> SysSetfsgid(Call& call) {
  Identity& group = call.process().credentials.group;
  const u32 old = group.filesystem, wanted = call.Unsigned(0);
  if (wanted != kKeep && (Has(call, Capability::kSetGroup) || Among(wanted, group) || wanted == old)) {
    group.filesystem = wanted;
    call.process().group_id = wanted;
  }
  return i64{old};
}

Result<i64> SysGetgroups(Call& call) {
  const Credentials& credentials = call.process().credentials;
  if (call.Int(0) < 0) return Error::kInvalidArgument;
  if (call.Int(0) != 0) {
    if (call.Unsigned(0) < credentials.group_count) return Error::kInvalidArgument;
    TRY(mm::CopyToUser(call[1], std::as_bytes(std::span(credentials.groups, credentials.group_count))));
  }
  return i64{credentials.group_count};
}

Result<i64> SysSetgroups(Call& call) {
  Credentials& credentials = call.process().credentials;
  if (!Has(call, Capability::kSetGroup)) return Error::kNotPermitted;
  if (call.Unsigned(0) > Credentials::kMaxGroups) return Error::kInvalidArgument;
  u32 groups[Credentials::kMaxGroups] = {};
  TRY(mm::CopyFromUser(std::as_writable_bytes(std::span(groups, call.Unsigned(0))), call[1]));
  __builtin_memcpy(credentials.groups, groups, sizeof(groups));
  credentials.group_count = call.Unsigned(0);
  return 0;
}

Result<i64> SysCapget(Call& call) {
  const auto header = TRY(mm::ReadUser<CapUserHeader>(call[0]));
  const u32 parts = TRY(CapabilityParts(call, header));
  if (header.pid < 0) return Error::kInvalidArgument;
  if (header.pid != 0 && sched::FindThread(call.process(), header.pid) == nullptr) return Error::kNoProcess;
  const Credentials& credentials = call.process().credentials;
  if (call[1] == 0) return 0;
  for (u32 i = 0; i < parts; i++) {
    const CapUserData data{Part(credentials.effective, i), Part(credentials.permitted, i), Part(credentials.inheritable, i)};
    TRY(mm::WriteUser(call[1] + i * sizeof(data), data));
  }
  return 0;
}

Result<i64> SysCapset(Call& call) {
  const auto header = TRY(mm::ReadUser<CapUserHeader>(call[0]));
  const u32 parts = TRY(CapabilityParts(call, header));
  if (header.pid != 0 && header.pid != call.thread.tid) return Error::kNotPermitted;
  u64 effective = 0, permitted = 0, inheritable = 0;
  for (u32 i = 0; i < parts; i++) {
    const auto data = TRY(mm::ReadUser<CapUserData>(call[1] + i * sizeof(CapUserData)));
    effective |= u64{data.effective} << (32 * i);
    permitted |= u64{data.permitted} << (32 * i);
    inheritable |= u64{data.inheritable} << (32 * i);
  }
  Credentials& credentials = call.process().credentials;
  effective &= Credentials::kAllCapabilities;
  // Nothing is gained: permitted only shrinks, effective stays inside it, inheritable inside what is permitted or bounded.
  if ((permitted & ~credentials.permitted) != 0 || (effective & ~permitted) != 0) return Error::kNotPermitted;
  if ((inheritable & ~(credentials.inheritable | credentials.permitted) & ~credentials.bounding) != 0)
    return Error::kNotPermitted;
  credentials.effective = effective;
  credentials.permitted = permitted;
  credentials.inheritable = inheritable & Credentials::kAllCapabilities;
  return 0;
}

}  // namespace caponier::syscall
