// placed_kernel LINKED ARCH EDGE MEMORY_BYTES ARCHIVE_BYTES: writes to standard output what boots with the lowest or the highest (EDGE: first, last)
// place in physical memory that the launcher draws for a machine.
#include <iostream>

#include "tool/failure.h"
#include "tool/host/elf_file.h"
#include "tool/order/boot_kernel.h"

int main(int count, char** words) try {
  using namespace caponier;
  using namespace caponier::tool;
  if (count != 6) return 2;
  const Arch arch = ArchNamed(words[2]).value();
  const bool last = std::string_view(words[3]) == "last";
  const KernelRoom room = RoomForKernel(arch, std::stoull(words[4]), std::stoull(words[5]));
  const order::BootKernel boot =
      order::PrepareKernel(words[1], [=](u64 bound) { return last ? bound - 1 : 0; }, room, order::Symbols::kNone);
  if (!boot.place.has_value()) throw Failure("there is no room for the kernel");
  const MappedFile file(boot.path);
  std::cout << AsText(file.bytes()) << std::flush;
  return 0;
} catch (const caponier::tool::Failure& failure) {
  caponier::tool::Say(failure.what());
  return failure.status();
}
