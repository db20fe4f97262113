#include "tool/pack/packer.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <vector>

#include "lib/archive/writer.h"
#include "lib/link/protocol.h"
#include "tool/failure.h"

namespace caponier::tool {
namespace {

constexpr size_t kBufferBytes = 256 * kKiB;  // stays in the processor's cache between read and write

class FileSink final : public archive::Sink {
 public:
  explicit FileSink(int fd) : fd_(fd) { buffer_.reserve(kBufferBytes); }
  Result<void> Write(Bytes bytes) override {
    if (buffer_.size() + bytes.size() > kBufferBytes) Flush();
    if (bytes.size() >= kBufferBytes) {
      WriteAll(bytes);
    } else {
      buffer_.insert(buffer_.end(), bytes.begin(), bytes.end());
    }
    return {};
  }
  void Flush() {
    WriteAll(buffer_);
    buffer_.clear();
  }

 private:
  void WriteAll(Bytes bytes) {
    while (!bytes.empty()) {
      const ssize_t wrote = write(fd_, bytes.data(), bytes.size());
      if (wrote < 0 && errno == EINTR) continue;
      if (wrote <= 0) throw SystemFailure("cannot write the archive", errno);
      bytes = bytes.subspan(static_cast<size_t>(wrote));
    }
  }
  int fd_;
  std::vector<std::byte> buffer_;
};

void Check(Result<void> result, std::string_view path) {
  if (result.ok()) return;
  const Error error = result.error();
  const char* why = error == Error::kFileTooLarge      ? "it is 4 GiB or larger"
                    : error == Error::kInvalidArgument ? "its name is too long"
                                                       : "the archive writer refused it";
  throw Failure(fmt::format("cannot pack {}: {}", path, why));
}

class Packer {
 public:
  explicit Packer(int fd) : sink_(fd), writer_(sink_), buffer_(kBufferBytes) {}

  void AddText(const archive::EntryHead& head, std::string_view text) { Check(writer_.Add(head, AsBytes(text)), head.path); }

  void AddFile(const archive::EntryHead& head, const FileEntry& entry) {
    const UniqueFd file(open(entry.host_path.c_str(), O_RDONLY | O_CLOEXEC));
    if (!file) throw SystemFailure("cannot read " + entry.host_path, errno);
    Check(writer_.Begin(head, entry.size), entry.host_path);
    for (u64 left = entry.size; left > 0;) {
      const ssize_t got = read(file.get(), buffer_.data(), std::min<u64>(left, buffer_.size()));
      if (got < 0 && errno == EINTR) continue;
      if (got < 0) throw SystemFailure("cannot read " + entry.host_path, errno);
      if (got == 0) throw Failure(fmt::format("{} became shorter while it was packed", entry.host_path));
      Check(writer_.Append(Bytes(buffer_).first(static_cast<size_t>(got))), entry.host_path);
      left -= static_cast<u64>(got);
    }
  }

  u64 Finish() {
    Check(writer_.Finish(), "the trailer");
    sink_.Flush();
    return writer_.size();
  }

 private:
  FileSink sink_;
  archive::ArchiveWriter writer_;
  std::vector<std::byte> buffer_;
};

// Which names are names of one file, and which of them is the last: the format puts the data there.
struct HardLink {
  u32 names = 0, written = 0, ino = 0;
};

}  // namespace

Archive PackArchive(std::string_view config, const FileSet& files) {
  Archive archive{UniqueFd(memfd_create("caponier-archive", MFD_CLOEXEC)), 0};
  if (!archive.file) throw SystemFailure("no memory file", errno);
  std::map<std::pair<u64, u64>, HardLink> links;
  u32 next_ino = 1;
  for (const auto& [path, entry] : files.entries()) {
    if (entry.host_path.empty()) continue;
    HardLink& link = links[{entry.device, entry.inode}];
    if (link.names++ == 0) link.ino = next_ino++;
  }
  Packer packer(archive.file.get());
  packer.AddText({.path = link::kConfigName, .mode = S_IFREG | 0400}, config);
  for (const auto& [path, entry] : files.entries()) {
    archive::EntryHead head{.path = path,
                            .mode = entry.mode,
                            .uid = entry.uid,
                            .gid = entry.gid,
                            .mtime = static_cast<u32>(entry.mtime_s),
                            .mtime_ns = entry.mtime_ns};
    if (entry.host_path.empty()) {
      packer.AddText(head, entry.text);
      continue;
    }
    HardLink& link = links[{entry.device, entry.inode}];
    head.nlink = link.names;
    head.ino = link.ino;
    if (++link.written == link.names) {
      packer.AddFile(head, entry);
    } else {
      packer.AddText(head, "");
    }
  }
  archive.size = packer.Finish();
  lseek(archive.file.get(), 0, SEEK_SET);
  return archive;
}

}  // namespace caponier::tool
