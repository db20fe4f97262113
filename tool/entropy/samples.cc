#include "tool/entropy/samples.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <bit>

#include "tool/failure.h"
#include "tool/unique_fd.h"

namespace caponier::tool::entropy {
namespace {

[[noreturn]] void RefuseLong(const std::string& name, unsigned bits) {
  throw Failure(fmt::format("{}: too long: more than {} samples of {} bit{}, which is what fits into 1 GiB of memory", name,
                            kMostBits / bits, bits, bits == 1 ? "" : "s"));
}

}  // namespace

Samples MakeSamples(std::vector<u8> raw, unsigned bits, const std::string& name) {
  if (raw.empty()) throw Failure(fmt::format("{}: empty", name));
  if (raw.size() < kFewestSamples) {
    throw Failure(
        fmt::format("{}: too short: {} samples, and fewer than {} cannot be assessed", name, raw.size(), kFewestSamples));
  }
  if (raw.size() > kMostBits / bits) RefuseLong(name, bits);
  Samples out;
  out.bits = bits;
  std::array<bool, 256> seen{};
  for (const u8 symbol : raw) seen[symbol] = true;
  std::array<u8, 256> number{};
  for (unsigned symbol = 0; symbol < 256; symbol++) {
    if (!seen[symbol]) continue;
    out.greatest = static_cast<u8>(symbol);
    number[symbol] = static_cast<u8>(out.alphabet++);
  }
  out.narrowest_bits = static_cast<unsigned>(std::bit_width(out.greatest));
  if (out.narrowest_bits > bits) {
    const auto wide = std::find_if(raw.begin(), raw.end(), [&](u8 symbol) { return symbol >> bits != 0; });
    throw Failure(fmt::format("{}: the sample at byte {} is {}, which does not fit into {} bit{}", name, wide - raw.begin(),
                              *wide, bits, bits == 1 ? "" : "s"));
  }
  out.symbols.resize(raw.size());
  std::transform(raw.begin(), raw.end(), out.symbols.begin(), [&](u8 symbol) { return number[symbol]; });
  out.raw = std::move(raw);
  return out;
}

Samples ReadSamples(const std::string& path, unsigned bits) {
  const UniqueFd fd(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  struct stat status{};
  if (!fd || fstat(fd.get(), &status) != 0) throw SystemFailure(path, errno);
  if (S_ISDIR(status.st_mode)) throw Failure(fmt::format("{}: a directory, not a file of samples", path));
  std::vector<u8> raw;
  const u64 most = kMostBits / bits;
  // A pipe has no length: what comes is read, as long as it is not too much.
  for (;;) {
    const size_t have = raw.size();
    raw.resize(std::min<u64>(most + 1, have + std::max<u64>(kMiB, have)));
    const ssize_t got = read(fd.get(), raw.data() + have, raw.size() - have);
    if (got < 0 && errno != EINTR) throw SystemFailure(path, errno);
    raw.resize(have + static_cast<size_t>(std::max<ssize_t>(got, 0)));
    if (raw.size() > most) RefuseLong(path, bits);
    if (got == 0) break;
  }
  return MakeSamples(std::move(raw), bits, path);
}

}  // namespace caponier::tool::entropy
