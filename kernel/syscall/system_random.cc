// getrandom [getrandom(2)]. This machine is seeded before there is a program, so that no call ever waits: GRND_NONBLOCK has nothing to say.
#include <algorithm>

#include "kernel/random/random.h"
#include "kernel/syscall/call.h"
#include "lib/linux_abi/process_flags.h"

namespace caponier::syscall {

using namespace linux_abi;

Result<i64> SysGetrandom(Call& call) {
  const u32 flags = call.Unsigned(2);
  // All flags ask for the one quality there is; only asking for two at once is an error.
  if ((flags & ~u32{kGRND_NONBLOCK | kGRND_RANDOM | kGRND_INSECURE}) != 0) return Error::kInvalidArgument;
  if ((flags & kGRND_RANDOM) != 0 && (flags & kGRND_INSECURE) != 0) return Error::kInvalidArgument;
  constexpr u64 kMost = 0x7fff'ffff;
  const u64 wanted = std::min(call[1], kMost);
  if (!mm::IsUserRange(call[0], wanted)) return Error::kBadAddress;
  std::byte chunk[256];
  u64 done = 0, missed = 0;
  while (done < wanted && missed == 0) {
    const MutableBytes part = MutableBytes(chunk).first(std::min<u64>(sizeof(chunk), wanted - done));
    const Result<void> filled = kernel::random::Fill(part);
    if (!filled.ok()) return filled.error();
    missed = arch::CopyToUserRaw(call[0] + done, part.data(), part.size());
    done += part.size() - missed;
  }
  SecureWipe(chunk);
  if (done == 0 && wanted != 0) return Error::kBadAddress;
  return static_cast<i64>(done);
}

}  // namespace caponier::syscall
