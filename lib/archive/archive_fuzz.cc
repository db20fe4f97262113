// Any bytes: the reader ends, and every entry keeps the promises of reader.h.
#include <cstdlib>
#include <cstring>

#include "lib/archive/reader.h"

using namespace caponier;

extern "C" int LLVMFuzzerTestOneInput(const u8* data, size_t size) {
  Bytes archive = std::as_bytes(std::span(data, size));
  FirstDiagnostic diagnostic;
  archive::ArchiveReader reader(archive, diagnostic);
  size_t count = 0;
  while (true) {
    auto next = reader.Next();
    if (!next.ok()) {
      if (diagnostic.what().empty() || diagnostic.offset() > size) abort();
      return 0;
    }
    if (!next.value()) return 0;
    const archive::Entry& entry = *next.value();
    if (++count > size / sizeof(archive::RecordHeader)) abort();
    if (entry.data_offset > size || entry.data_size > size - entry.data_offset) abort();
    if (entry.data.data() != archive.data() + entry.data_offset || entry.data.size() != entry.data_size) abort();
    if (entry.path.starts_with("/") || entry.path.ends_with("/") || entry.path.size() >= archive::kMaxPath) abort();
    for (std::string_view rest = entry.path; !rest.empty();) {
      std::string_view part = rest.substr(0, rest.find('/'));
      if (part.empty() || part == "." || part == ".." || part.find('\0') != std::string_view::npos) abort();
      rest.remove_prefix(part.size() == rest.size() ? part.size() : part.size() + 1);
    }
  }
}
