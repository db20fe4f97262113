#include "tool/order/boot_kernel.h"

#include <fmt/format.h>
#include <sys/random.h>

#include <array>
#include <cerrno>
#include <charconv>

#include "lib/random/uniform.h"
#include "tool/failure.h"
#include "tool/host/elf_file.h"
#include "tool/machine/process.h"
#include "tool/order/physical_place.h"

namespace caponier::tool::order {
namespace {

// The host's generator, a few hundred words at a time.
class HostWords {
 public:
  ~HostWords() { SecureWipe(std::as_writable_bytes(std::span(words_))); }
  u64 operator()() {
    if (next_ == words_.size()) Refill();
    return words_[next_++];
  }

 private:
  void Refill() {
    MutableBytes left = std::as_writable_bytes(std::span(words_));
    while (!left.empty()) {
      const ssize_t got = getrandom(left.data(), left.size(), 0);
      if (got < 0 && errno != EINTR) throw SystemFailure("no random order for the kernel", errno);
      if (got > 0) left = left.subspan(static_cast<size_t>(got));
    }
    next_ = 0;
  }

  std::array<u64, 512> words_{};
  size_t next_ = words_.size();
};

// How a place in the kernel is written: what stands before the number, and its base.
struct Notation {
  std::string_view before;
  int base;
};
constexpr Notation kNotations[] = {{"kernel+0x", 16}, {"kernel image+0x", 16}, {"kernel image at offset ", 10}};

// A place at the front of `line`, which loses it, as it was linked.
std::optional<std::string> TakePlace(const PlaceMap& places, std::string_view& line) {
  for (const auto& [before, base] : kNotations) {
    if (!line.starts_with(before)) continue;
    const std::string_view digits = line.substr(before.size());
    u64 offset = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), offset, base);
    const std::optional<PlaceMap::Linked> linked = error == std::errc{} ? places.Find(offset) : std::nullopt;
    if (!linked.has_value()) return std::nullopt;
    line = digits.substr(static_cast<size_t>(end - digits.data()));
    const std::string number = base == 16 ? fmt::format("{:x}", linked->offset) : fmt::format("{}", linked->offset);
    return fmt::format("{}{}{}", before, number, linked->sled ? " (the sled behind it)" : "");
  }
  return std::nullopt;
}

}  // namespace

BootKernel PrepareKernel(const std::string& linked, const Draw& draw, const KernelRoom& room, Symbols symbols) {
  const MappedFile file(linked);
  FirstDiagnostic diagnostic;
  const auto refuse = [&] { return Failure(fmt::format("{}: {} (at {:#x})", linked, diagnostic.what(), diagnostic.offset())); };
  const Result<LinkedKernel> kernel = ReadKernel(file.bytes(), diagnostic);
  if (!kernel.ok()) throw refuse();
  const Placement placement = Place(kernel.value(), draw);
  Result<ReorderedKernel> reordered = Reorder(kernel.value(), placement, diagnostic);
  if (!reordered.ok()) throw refuse();
  const std::optional<u64> place = DrawPhysicalPlace(room, kernel.value().image_bytes + reordered.value().growth, draw);
  if (place.has_value() && !LoadAt(*place, room.memory, kernel.value(), reordered.value(), diagnostic)) throw refuse();
  BootKernel boot;
  boot.file = MakeMemoryFile("caponier-kernel", AsText(BootFile(kernel.value(), reordered.value())));
  boot.path = fmt::format("/proc/self/fd/{}", boot.file.get());
  boot.places = PlaceMap(kernel.value(), placement);
  boot.place = place;
  boot.memory_bytes = kernel.value().image_bytes + reordered.value().growth;
  if (symbols == Symbols::kWanted) boot.symbols = SymbolFile(kernel.value(), placement, reordered.value());
  return boot;
}

BootKernel PrepareKernel(const Install& install, Arch arch, KernelOrder order, const KernelRoom& room, Symbols symbols) {
  const std::string plain = install.Kernel(arch), linked = install.KernelSymbols(arch);
  if (order == KernelOrder::kRandom) {
    HostWords words;
    return PrepareKernel(linked, [&](u64 bound) { return random::UniformBelow(bound, [&] { return words(); }); }, room, symbols);
  }
  const MappedFile file(linked);
  FirstDiagnostic diagnostic;
  elf::BytesReader reader(file.bytes());
  const auto image = elf::Parse(reader, file.bytes().size(), MachineOf(arch), diagnostic,
                                {elf::WritableExecutable::kRefuse, elf::EntryPoint::kAny});
  if (!image.ok()) throw Failure(fmt::format("{}: {}", linked, diagnostic.what()));
  BootKernel boot{.path = plain, .memory_bytes = image.value().min_vaddr + image.value().span};
  if (symbols == Symbols::kWanted) boot.symbols.assign(file.bytes().begin(), file.bytes().end());
  return boot;
}

std::string AsLinked(const PlaceMap& places, std::string_view line) {
  std::string text;
  while (!line.empty()) {
    if (const std::optional<std::string> place = TakePlace(places, line)) {
      text += *place;
    } else {
      text += line.front();
      line.remove_prefix(1);
    }
  }
  return text;
}

Console::Reword RewordFor(const BootKernel& kernel) {
  return [&places = kernel.places](std::string_view line) { return AsLinked(places, line); };
}

}  // namespace caponier::tool::order
