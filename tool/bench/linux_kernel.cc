#include "tool/bench/linux_kernel.h"

#include <fmt/format.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>

#include "lib/base/bytes.h"
#include "tool/failure.h"

namespace caponier::tool::bench {
namespace {

namespace fs = std::filesystem;

std::string Quoted(const std::string& text) {
  std::string quoted = "'";
  for (const char c : text) quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return quoted + "'";
}

std::string OutputOf(const std::string& command) {
  const std::unique_ptr<FILE, int (*)(FILE*)> pipe(popen(command.c_str(), "re"), pclose);
  std::string text;
  char buffer[4096];
  while (pipe != nullptr && fgets(buffer, sizeof(buffer), pipe.get()) != nullptr) text += buffer;
  return text;
}

void Shell(const std::string& what, const std::string& command) {
  if (std::system(command.c_str()) != 0) throw Failure("bench: " + what + " failed");
}

fs::path FindImage(const fs::path& directory) {
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(directory / "boot", ignored)) {
    if (entry.path().filename().string().starts_with("vmlinuz-")) return entry.path();
  }
  return {};
}

void Download(Arch arch, const fs::path& directory) {
  const std::string debian = arch == Arch::kX86_64 ? "amd64" : "arm64";
  const std::string meta = fmt::format("linux-image-cloud-{}:{}", debian, debian);
  std::string package =
      OutputOf("apt-cache depends " + meta + " 2>/dev/null | sed -n 's/^ *Depends: \\(linux-image-[^: ]*\\).*/\\1/p'");
  package = package.substr(0, package.find('\n'));
  if (package.empty()) throw Failure(fmt::format("bench: apt knows no {}: run apt-get update", meta));
  Say(fmt::format("downloading {} for the Linux guest", package));
  const std::string in = "cd " + Quoted(directory.string()) + " && ";
  Shell("apt-get download " + package, in + "apt-get download -qq " + package + ":" + debian + " >/dev/null 2>&1");
  Shell("unpacking " + package, in + "dpkg-deb -x " + package + "_*.deb . && rm -rf ./*.deb lib usr");
}

std::string ReadFile(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

u32 At32(const std::string& bytes, size_t offset) {
  Le32 value;
  __builtin_memcpy(&value, bytes.data() + offset, sizeof(value));
  return value;
}

// The ELF file inside a bzImage, where the setup header says [linux-x86-boot]; started by PVH it boots sooner than the bzImage,
// which unpacks itself under emulation.
void ExtractElf(const fs::path& image, const fs::path& to) {
  constexpr size_t kSetupSectors = 0x1f1, kMagic = 0x202, kPayloadOffset = 0x248, kPayloadLength = 0x24c, kSector = 512;
  const std::string bytes = ReadFile(image);
  if (bytes.size() < 0x1000 || bytes.substr(kMagic, 4) != "HdrS")
    throw Failure(fmt::format("bench: {} is no bzImage", image.string()));
  const size_t begin = (static_cast<u8>(bytes[kSetupSectors]) + size_t{1}) * kSector + At32(bytes, kPayloadOffset);
  const size_t length = At32(bytes, kPayloadLength);
  if (begin > bytes.size() || length > bytes.size() - begin) throw Failure(fmt::format("bench: {} is cut short", image.string()));
  const std::string payload = bytes.substr(begin, length);
  const std::string packed = to.string() + ".packed";
  std::ofstream(packed, std::ios::binary) << payload;
  const auto starts = [&](std::string_view magic) { return payload.starts_with(magic); };
  const std::string how = starts("\x1f\x8b") ? "gzip"
                          : starts(
                                "\xfd"
                                "7zXZ")
                              ? "xz"
                          : starts("\x28\xb5\x2f\xfd") ? "zstd"
                                                       : "lz4";
  // Four bytes of length follow the stream, which these programs remark on: what counts is that an ELF file came out.
  [[maybe_unused]] const int status =
      std::system(fmt::format("{} -dc < {} > {} 2>/dev/null", how, Quoted(packed), Quoted(to.string())).c_str());
  fs::remove(packed);
  if (!ReadFile(to).starts_with("\x7f"
                                "ELF")) {
    fs::remove(to);
    throw Failure(fmt::format("bench: {} could not be unpacked with {}", image.string(), how));
  }
}

}  // namespace

LinuxKernel ObtainLinuxKernel(Arch arch, const std::string& directory) {
  fs::create_directories(directory);
  fs::path image = FindImage(directory);
  if (image.empty()) {
    Download(arch, directory);
    image = FindImage(directory);
  }
  if (image.empty()) throw Failure("bench: the Linux package holds no kernel");
  LinuxKernel kernel{image.string(), image.string(), image.filename().string().substr(8)};
  if (arch == Arch::kX86_64) {
    const fs::path elf = fs::path(directory) / ("vmlinux-" + kernel.version);
    if (!fs::exists(elf)) ExtractElf(image, elf);
    kernel.direct = elf.string();
  }
  return kernel;
}

}  // namespace caponier::tool::bench
