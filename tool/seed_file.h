// --seed-file FILE: 64 bytes that carry randomness from one run to the next, for a host whose own is in doubt.
//
// What stays true: no seed is handed to two machines. Before a machine gets what the file holds, the file has been replaced, on
// disk, by other contents made of that seed and of the host's generator; so a crash at any moment, or two runs at once, never repeat one. When
// the program ends the machine draws new contents, which then replace those. A seed is mixed in by the machine and never credited.
#pragma once

#include <string>

#include "lib/base/bytes.h"
#include "lib/crypto/secret.h"

namespace caponier::tool {

inline constexpr size_t kSeedFileBytes = 64;

class SeedFile {
 public:
  // Takes the seed out of the file and replaces it. Without a file one is made, and there is no seed this time. Throws Failure.
  explicit SeedFile(std::string path);
  // The seed in hexadecimal, empty when there was none. Once.
  std::string TakeHex();
  // What the machine drew for the next run.
  void Refresh(Bytes contents);

 private:
  void Replace(Bytes contents);

  std::string path_;
  crypto::Secret<kSeedFileBytes> seed_;
  bool has_seed_ = false;
};

}  // namespace caponier::tool
