#include "tool/machine/kvm_probe.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/kvm.h>
#include <sys/ioctl.h>
#include <sys/stat.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "lib/base/bytes.h"
#include "tool/host/elf_file.h"
#include "tool/unique_fd.h"

namespace caponier::tool {
namespace {

constexpr int kKvmApiVersion = 12;  // [kvm] 4.1, the only stable one

bool KvmAnswers() {
  const UniqueFd kvm(open("/dev/kvm", O_RDWR | O_CLOEXEC));
  return kvm && ioctl(kvm.get(), KVM_GET_API_VERSION, 0) == kKvmApiVersion;
}

std::string Stamp(const std::string& path) {
  struct stat status;
  if (stat(path.c_str(), &status) != 0) return "absent";
  return fmt::format("{}.{}.{}", status.st_size, status.st_mtim.tv_sec, status.st_mtim.tv_nsec);
}

std::optional<std::string> CacheDirectory() {
  if (const char* cache = std::getenv("XDG_CACHE_HOME"); cache != nullptr && *cache == '/')
    return std::string(cache) + "/caponier";
  if (const char* home = std::getenv("HOME"); home != nullptr && *home == '/') return std::string(home) + "/.cache/caponier";
  return std::nullopt;
}

ProbeCache CacheFor(Arch arch, const std::string& kernel) {
  ProbeCache cache;
  std::string boot;
  std::ifstream("/proc/sys/kernel/random/boot_id") >> boot;
  const std::string emulator = QemuProgram(arch);
  cache.key = fmt::format("{} {} {}", boot, Stamp(kernel), Stamp(emulator.starts_with('/') ? emulator : "/usr/bin/" + emulator));
  if (const auto directory = CacheDirectory()) cache.path = *directory + "/kvm";
  return cache;
}

}  // namespace

std::optional<bool> ProbeCache::Load() const {
  if (path.empty()) return std::nullopt;
  std::ifstream file(path);
  std::string first, second;
  if (!std::getline(file, first) || !std::getline(file, second) || first != key) return std::nullopt;
  if (second == "works") return true;
  if (second == "fails") return false;
  return std::nullopt;
}

// Under another name first: a reader sees a whole verdict or none. Without a cache every run probes again.
void ProbeCache::Store(bool works) const {
  if (path.empty()) return;
  std::error_code ignored;
  std::filesystem::create_directories(std::filesystem::path(path).parent_path(), ignored);
  const std::string fresh = fmt::format("{}.{}", path, getpid());
  std::ofstream(fresh) << key << '\n' << (works ? "works" : "fails") << '\n';
  std::filesystem::rename(fresh, path, ignored);
}

Accelerator ChooseAccelerator(Arch arch, const std::string& kernel, const std::function<bool()>& boots) {
  if (arch != kHostArch || !KvmAnswers()) return Accelerator::kTcg;
  const ProbeCache cache = CacheFor(arch, kernel);
  std::optional<bool> works = cache.Load();
  if (!works.has_value()) {
    works = boots();
    cache.Store(*works);
  }
  return *works ? Accelerator::kKvm : Accelerator::kTcg;
}

std::string ProbeProgram() {
#if defined(__x86_64__)
  constexpr unsigned char kCode[] = {0xbf, kProbeStatus, 0, 0, 0, 0xb8, 231, 0, 0, 0, 0x0f, 0x05};  // exit_group(42)
#else
  constexpr unsigned char kCode[] = {0x40, 0x05, 0x80, 0xd2, 0xc8, 0x0b, 0x80, 0xd2, 0x01, 0x00, 0x00, 0xd4};  // the same
#endif
  constexpr u64 kBase = 0x400000;
  constexpr u64 kEntry = sizeof(elf::Header) + sizeof(elf::ProgramHeader);
  elf::Header header = elf::NewHeader(elf::kTypeExecutable, MachineOf(kHostArch));
  header.entry = kBase + kEntry;
  header.phnum = 1;
  elf::ProgramHeader segment{};
  segment.type = elf::kSegmentLoad;
  segment.flags = elf::kFlagRead | elf::kFlagExecute;
  segment.vaddr = kBase;
  segment.filesz = kEntry + sizeof(kCode);
  segment.memsz = kEntry + sizeof(kCode);
  segment.align = kPageSize;
  std::string program(AsText(BytesOf(header)));
  program += AsText(BytesOf(segment));
  program.append(reinterpret_cast<const char*>(kCode), sizeof(kCode));
  return program;
}

}  // namespace caponier::tool
