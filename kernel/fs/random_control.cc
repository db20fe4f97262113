// What Linux 6.1 does [random(4)], drivers/char/random.c, save for one thing: nothing that a program says is ever credited. RNDADDTOENTCNT
// and RNDADDENTROPY succeed for root as there, the second mixes its bytes in, and the account stays as it was.
#include "kernel/fs/random_control.h"

#include <algorithm>

#include "kernel/mm/user_copy.h"
#include "kernel/random/random.h"
#include "kernel/sched/thread.h"

namespace caponier::fs {
namespace {

constexpr u32 kGetEntropyCount = 0x8004'5200, kAddToEntropyCount = 0x4004'5201, kAddEntropy = 0x4008'5203,
              kZapEntropyCount = 0x5204, kClearPool = 0x5206, kReseed = 0x5207;  // <linux/random.h>
constexpr i32 kPoolBits = 256;  // what Linux says once it is seeded, and this machine always is

bool IsRoot() {
  const sched::Process* process = sched::CurrentThread().process;
  return process != nullptr && process->user_id == 0;
}

// struct rand_pool_info: the credit asked for, the bytes' number, the bytes.
Result<i64> AddEntropy(u64 argument) {
  const i32 credit = TRY(mm::ReadUser<i32>(argument));
  if (credit < 0) return Error::kInvalidArgument;
  const i32 bytes = TRY(mm::ReadUser<i32>(argument + sizeof(i32)));
  u64 at = argument + 2 * sizeof(i32), left = static_cast<u64>(bytes);
  if (bytes < 0 || !mm::IsUserRange(at, left)) return Error::kBadAddress;
  std::byte block[256];
  while (left > 0) {
    const MutableBytes piece = MutableBytes(block).first(std::min<u64>(left, sizeof(block)));
    TRY(mm::CopyFromUser(piece, at));
    kernel::random::MixIn(piece);
    at += piece.size();
    left -= piece.size();
  }
  return 0;
}

}  // namespace

Result<i64> RandomControl(u32 request, u64 argument) {
  switch (request) {
    case kGetEntropyCount: TRY(mm::WriteUser<i32>(argument, kPoolBits)); return 0;
    case kAddToEntropyCount: {
      if (!IsRoot()) return Error::kNotPermitted;
      return TRY(mm::ReadUser<i32>(argument)) < 0 ? Result<i64>(Error::kInvalidArgument) : Result<i64>(0);
    }
    case kAddEntropy:
      if (!IsRoot()) return Error::kNotPermitted;
      return AddEntropy(argument);
    case kZapEntropyCount:
    case kClearPool:  // neither does anything on Linux either
      if (!IsRoot()) return Error::kNotPermitted;
      return 0;
    case kReseed:
      if (!IsRoot()) return Error::kNotPermitted;
      kernel::random::Reseed();
      return 0;
    default: return Error::kInvalidArgument;
  }
}

}  // namespace caponier::fs
