#include "tool/seed_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <filesystem>

#include "lib/crypto/sha256.h"
#include "tool/failure.h"
#include "tool/unique_fd.h"

namespace caponier::tool {
namespace {

[[noreturn]] void Refuse(const std::string& path, const std::string& why) {
  throw Failure(fmt::format("--seed-file {}: {}", path, why));
}
[[noreturn]] void RefuseErrno(const std::string& path, const std::string& what, int error) {
  Refuse(path, what + WordsFor(error));
}

// The file, locked against other runs that would take the same seed; none when it does not exist. A run that waited for the lock finds
// the file replaced, and looks again.
UniqueFd OpenLocked(const std::string& path) {
  for (;;) {
    UniqueFd file(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY));
    if (!file && errno == ENOENT) return file;
    if (!file && errno == ELOOP) Refuse(path, "is a symbolic link");
    if (!file) RefuseErrno(path, "", errno);
    while (flock(file.get(), LOCK_EX) != 0) {
      if (errno != EINTR) RefuseErrno(path, "cannot be locked: ", errno);
    }
    struct stat opened, there;
    if (fstat(file.get(), &opened) != 0) RefuseErrno(path, "", errno);
    if (stat(path.c_str(), &there) == 0 && there.st_ino == opened.st_ino && there.st_dev == opened.st_dev) return file;
  }
}

void Check(int file, const std::string& path) {
  struct stat status;
  if (fstat(file, &status) != 0) RefuseErrno(path, "", errno);
  if (S_ISDIR(status.st_mode)) Refuse(path, "is a directory");
  if (!S_ISREG(status.st_mode)) Refuse(path, "is no regular file");
  if ((status.st_mode & 077) != 0) Refuse(path, fmt::format("others may read or change it (chmod 600 {})", path));
  if (status.st_size != kSeedFileBytes)
    Refuse(path, fmt::format("holds {} bytes, and a seed has {}", status.st_size, kSeedFileBytes));
}

// H(label, seed, fresh): says nothing of the seed, and differs from it even when the host's generator is broken.
void Follow(Bytes seed, MutableBytes next) {
  crypto::Secret<crypto::kSha256Bytes> fresh;
  const MutableBytes bytes = fresh.writable();
  if (getrandom(bytes.data(), bytes.size(), 0) != static_cast<ssize_t>(bytes.size()))
    throw SystemFailure("no random seed", errno);
  for (size_t half = 0; half < 2; half++) {
    crypto::Sha256 hash;
    hash.Absorb(AsBytes(half == 0 ? std::string_view("caponier seed file 1") : std::string_view("caponier seed file 2")));
    hash.Absorb(seed);
    hash.Absorb(fresh.bytes());
    hash.Finish(next.subspan(half * crypto::kSha256Bytes).first<crypto::kSha256Bytes>());
  }
}
static_assert(kSeedFileBytes == 2 * crypto::kSha256Bytes);

}  // namespace

SeedFile::SeedFile(std::string path) : path_(std::move(path)) {
  const UniqueFd file = OpenLocked(path_);
  if (file) {
    Check(file.get(), path_);
    const MutableBytes seed = seed_.writable();
    if (read(file.get(), seed.data(), seed.size()) != static_cast<ssize_t>(seed.size()))
      RefuseErrno(path_, "cannot be read: ", errno);
    if (std::ranges::all_of(seed, [&](std::byte byte) { return byte == seed[0]; }))
      Refuse(path_, "holds no seed: all its bytes are equal");
    has_seed_ = true;
  }
  crypto::Secret<kSeedFileBytes> next;
  Follow(seed_.bytes(), next.writable());
  Replace(next.bytes());
}

std::string SeedFile::TakeHex() {
  std::string hex;
  if (has_seed_)
    hex = fmt::format("{:02x}", fmt::join(std::span(reinterpret_cast<const u8*>(seed_.bytes().data()), kSeedFileBytes), ""));
  SecureWipe(seed_.writable());
  has_seed_ = false;
  return hex;
}

void SeedFile::Refresh(Bytes contents) { Replace(contents); }

void SeedFile::Replace(Bytes contents) {
  std::string work = path_ + ".XXXXXX";
  const UniqueFd file(mkostemp(work.data(), O_CLOEXEC));  // mode 600
  if (!file) RefuseErrno(path_, "cannot be replaced, and a seed must not be used twice: ", errno);
  const bool written = write(file.get(), contents.data(), contents.size()) == static_cast<ssize_t>(contents.size()) &&
                       fsync(file.get()) == 0 && rename(work.c_str(), path_.c_str()) == 0;
  if (!written) {
    const int error = errno;
    unlink(work.c_str());
    RefuseErrno(path_, "cannot be replaced, and a seed must not be used twice: ", error);
  }
  // The new name must be on disk too, or a power cut would bring the old seed back.
  std::string folder = std::filesystem::path(path_).parent_path();
  const UniqueFd directory(open(folder.empty() ? "." : folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!directory || fsync(directory.get()) != 0) RefuseErrno(path_, "its folder cannot be brought to disk: ", errno);
}

}  // namespace caponier::tool
