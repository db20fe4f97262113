// The Linux guest: Debian's cloud kernel, downloaded as a package and unpacked, never installed, with the job's archive as its
// initial file system and our linux_init as its first process.
#pragma once

#include <string>

#include "tool/bench/guests.h"

namespace caponier::tool::bench {

class LinuxGuest {
 public:
  // Takes the kernel out of build/bench/ARCH, or downloads it there. `build` is the directory of all builds.
  LinuxGuest(const Install& install, Arch arch, const std::string& build);

  // kQuick boots soonest; kClocked has a clock that Linux trusts, for programs that measure themselves.
  enum class Board { kQuick, kClocked };
  Finished Run(const GuestPlan& plan, Board board, const Machinery& machinery) const;

  const std::string& version() const { return version_; }
  u64 image_bytes() const;  // as the package has it, compressed

 private:
  Arch arch_;
  std::string init_, packaged_, kernel_, version_;
};

}  // namespace caponier::tool::bench
