#include "tool/machine/launch.h"

#include <sys/random.h>

#include <array>
#include <cerrno>

#include "lib/base/bytes.h"
#include "tool/failure.h"

namespace caponier::tool {

Machine StartMachine(MachineSpec spec, const std::function<std::vector<std::string>(const MachineSpec&)>& command) {
  std::array<std::byte, 64> seed;
  if (getrandom(seed.data(), seed.size(), 0) != static_cast<ssize_t>(seed.size())) throw SystemFailure("no random seed", errno);
  const UniqueFd seed_file = MakeMemoryFile("caponier-seed", AsText(seed));
  SecureWipe(seed);
  auto [link_here, link_there] = MakeSocketPair();
  auto [console_here, console_there] = MakeSocketPair();
  spec.seed = seed_file.get();
  spec.link = link_there.get();
  spec.console = console_there.get();
  std::vector<std::string> line = command(spec);
  std::vector<int> inherited{spec.archive, spec.seed, spec.link, spec.console};
  for (const int fd : {spec.kernel_file, spec.debugger, spec.memory}) {
    if (fd >= 0) inherited.push_back(fd);
  }
  Process process = Process::Spawn(line, inherited);
  return Machine{std::move(process), std::move(link_here), std::move(console_here), std::move(line)};
}

}  // namespace caponier::tool
