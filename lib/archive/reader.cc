#include "lib/archive/reader.h"

#include <cstring>

namespace caponier::archive {
namespace {

constexpr size_t kMaxPart = 255;  // bytes; Linux's NAME_MAX

// Whether each part of a relative path stands for itself. An archive that names its way out of its root is an attack.
bool IsNormal(std::string_view path) {
  while (true) {
    size_t slash = path.find('/');
    std::string_view part = path.substr(0, slash);
    if (part.empty() || part == "." || part == ".." || part.size() > kMaxPart) return false;
    if (slash == std::string_view::npos) return true;
    path.remove_prefix(slash + 1);
  }
}

// Eight bytes at a time: a name is padded to the start of its file's page.
bool IsZero(Bytes bytes) {
  u64 word;
  for (; bytes.size() >= sizeof(word); bytes = bytes.subspan(sizeof(word))) {
    __builtin_memcpy(&word, bytes.data(), sizeof(word));  // freestanding, the other name is a call
    if (word != 0) return false;
  }
  for (const std::byte byte : bytes) {
    if (byte != std::byte{0}) return false;
  }
  return true;
}

bool IsKnownType(u32 type) {
  switch (type) {
    case kTypeRegular:
    case kTypeDirectory:
    case kTypeSymlink:
    case kTypeCharacter:
    case kTypeBlock:
    case kTypeFifo:
    case kTypeSocket: return true;
    default: return false;
  }
}

}  // namespace

Result<std::optional<Entry>> ArchiveReader::Next() {
  if (broken_) return Error::kMalformed;
  if (ended_) return std::optional<Entry>{};
  Result<std::optional<Entry>> entry = Read();
  broken_ = !entry.ok();
  return entry;
}

Result<std::string_view> ArchiveReader::ReadName(u64 offset, u32 size) {
  std::string_view padded = AsText(archive_.subspan(offset, size));
  size_t length = padded.find('\0');
  if (length == std::string_view::npos) return Malformed("an entry's name is not terminated", offset);
  // Our writer pads names with NULs; anything else behind the first one would be a second, hidden name.
  if (!IsZero(archive_.subspan(offset + length, size - length)))
    return Malformed("an entry's name has bytes after its end", offset);
  if (length == 0) return Malformed("an entry's name is empty", offset);
  if (length >= kMaxPath) return Malformed("an entry's name is too long", offset);
  return padded.substr(0, length);
}

// "/a", "./a" and "a" are the same entry; "." and "/" are the root.
Result<std::string_view> ArchiveReader::Normalize(std::string_view name, u64 offset) {
  while (name.starts_with("/") || name.starts_with("./")) name.remove_prefix(name.front() == '/' ? 1 : 2);
  if (name.ends_with("/")) name.remove_suffix(1);
  if (name == ".") name = {};
  if (!name.empty() && !IsNormal(name)) return Malformed("an entry's name has an empty, overlong, '.' or '..' part", offset);
  return name;
}

Result<void> ArchiveReader::CheckContent(const Entry& entry) {
  const u32 type = entry.type();
  if (!IsKnownType(type)) return Malformed("an entry's file type is unknown", at_);
  if (entry.path.empty() && type != kTypeDirectory) return Malformed("the root of the archive is not a directory", at_);
  if (type == kTypeSymlink) {
    if (entry.data_size == 0) return Malformed("a symbolic link points nowhere", at_);
    if (entry.data_size >= kMaxPath) return Malformed("a symbolic link's target is too long", entry.data_offset);
    if (AsText(entry.data).find('\0') != std::string_view::npos)
      return Malformed("a symbolic link's target contains a NUL", entry.data_offset);
  } else if (type != kTypeRegular && entry.data_size != 0) {
    return Malformed("an entry that is no file has data", entry.data_offset);
  }
  if (entry.nlink == 0) return Malformed("an entry has no links", at_);
  return {};
}

Result<std::optional<Entry>> ArchiveReader::Read() {
  // All sums below are of 32-bit numbers and an offset inside memory: they cannot wrap 64 bits.
  if (archive_.size() - at_ < sizeof(RecordHeader)) return Malformed("the archive ends without its trailer", at_);
  RecordHeader header;
  __builtin_memcpy(&header, archive_.data() + at_, sizeof(header));
  if (std::string_view(header.magic, sizeof(header.magic)) != kMagic)
    return Malformed("an entry does not start with 070701", at_);
  const Hex* fields[] = {&header.ino,        &header.mode,      &header.uid,        &header.gid,       &header.nlink,
                         &header.mtime,      &header.file_size, &header.dev_major,  &header.dev_minor, &header.rdev_major,
                         &header.rdev_minor, &header.name_size, &header.nanoseconds};
  u32 values[13];
  for (size_t i = 0; i < 13; i++) {
    auto value = fields[i]->Get();
    if (!value) return Malformed("an entry's header has a digit that is not hexadecimal", at_ + 6 + 8 * i);
    values[i] = *value;
  }
  Entry entry;
  entry.ino = values[0];
  entry.mode = values[1];
  entry.uid = values[2];
  entry.gid = values[3];
  entry.nlink = values[4];
  entry.mtime = values[5];
  entry.mtime_ns = values[12] < kNanosecondsEnd ? values[12] : 0;
  entry.data_size = values[6];
  entry.device = {values[7], values[8]};
  entry.rdev = {values[9], values[10]};
  const u32 name_size = values[11];

  const u64 name_offset = at_ + sizeof(RecordHeader);
  if (name_size > archive_.size() - name_offset) return Malformed("an entry's name ends past the end of the archive", at_);
  const std::string_view name = TRY(ReadName(name_offset, name_size));
  if (name == kTrailerName) {
    if (entry.data_size != 0) return Malformed("the trailer has data", at_);
    ended_ = true;
    return std::optional<Entry>{};
  }
  entry.path = TRY(Normalize(name, name_offset));
  entry.data_offset = AlignUp(name_offset + name_size, kAlign);
  if (entry.data_offset > archive_.size() || entry.data_size > archive_.size() - entry.data_offset) {
    return Malformed("an entry's data ends past the end of the archive", at_);
  }
  entry.data = archive_.subspan(entry.data_offset, entry.data_size);
  TRY(CheckContent(entry));
  const u64 next = AlignUp(entry.data_offset + entry.data_size, kAlign);
  if (next > archive_.size()) return Malformed("the archive ends without its trailer", at_);
  at_ = next;
  return std::optional<Entry>(entry);
}

}  // namespace caponier::archive
