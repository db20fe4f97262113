// Debian's kernel as a file that the emulator starts soonest.
#pragma once

#include <string>

#include "tool/arch.h"

namespace caponier::tool::bench {

struct LinuxKernel {
  std::string packaged;  // as Debian ships it
  std::string direct;    // what the emulator loads
  std::string version;   // "6.1.0-56-cloud-amd64"
};

// Downloads with apt-get what `directory` lacks. Throws Failure.
LinuxKernel ObtainLinuxKernel(Arch arch, const std::string& directory);

}  // namespace caponier::tool::bench
