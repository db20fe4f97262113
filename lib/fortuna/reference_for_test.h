// Fortuna once more, written from the book's pseudocode over OpenSSL's primitives and as plainly as it allows: pools are the byte
// strings themselves, every block is encrypted alone. It shares no line with the implementation beside it. `zero_prefix` off gives SHA-256
// of SHA-256, as implementations that the published vectors come from have it.
#pragma once

#include <openssl/evp.h>
#include <openssl/sha.h>

#include <array>
#include <map>
#include <string>

namespace caponier::fortuna {

class ReferenceGenerator {
 public:
  explicit ReferenceGenerator(bool zero_prefix = true) : zero_prefix_(zero_prefix) {}
  std::string DoubleHash(const std::string& message) const {
    return Sha256(Sha256((zero_prefix_ ? std::string(64, '\0') : "") + message));
  }

  void Reseed(const std::string& seed) {
    key_ = DoubleHash(key_ + seed);
    IncrementCounter();
  }
  std::string PseudoRandomData(size_t n) {
    std::string output;
    while (output.size() < n) {
      const size_t part = std::min<size_t>(n - output.size(), 1 << 20);
      output += GenerateBlocks((part + 15) / 16).substr(0, part);
      key_ = GenerateBlocks(2);
    }
    return output;
  }

 private:
  static std::string Sha256(const std::string& message) {
    std::string digest(32, '\0');
    SHA256(reinterpret_cast<const unsigned char*>(message.data()), message.size(),
           reinterpret_cast<unsigned char*>(digest.data()));
    return digest;
  }
  void IncrementCounter() {
    for (char& byte : counter_) {
      if (++byte != 0) return;
    }
  }
  std::string GenerateBlocks(size_t k) {
    EVP_CIPHER_CTX* context = EVP_CIPHER_CTX_new();
    EVP_EncryptInit_ex(context, EVP_aes_256_ecb(), nullptr, reinterpret_cast<const unsigned char*>(key_.data()), nullptr);
    std::string result;
    for (size_t i = 0; i < k; i++) {
      unsigned char block[32];
      int length;
      EVP_EncryptUpdate(context, block, &length, reinterpret_cast<const unsigned char*>(counter_.data()), 16);
      result.append(reinterpret_cast<char*>(block), 16);
      IncrementCounter();
    }
    EVP_CIPHER_CTX_free(context);
    return result;
  }

  bool zero_prefix_;
  std::string key_ = std::string(32, '\0');
  std::string counter_ = std::string(16, '\0');  // least significant byte first
};

class ReferenceFortuna {
 public:
  // One event, at most 32 bytes.
  void AddRandomEvent(unsigned char source, size_t pool, const std::string& event) {
    pools_[pool] += std::string(1, static_cast<char>(source)) + static_cast<char>(event.size()) + event;
  }
  void Reseed() {
    count_++;
    std::string seed;
    for (unsigned i = 0; i < 32; i++) {
      if (count_ % (1ull << i) != 0) continue;
      seed += generator_.DoubleHash(pools_[i]);
      pools_[i].clear();
    }
    generator_.Reseed(seed);
  }
  std::string PseudoRandomData(size_t n) { return generator_.PseudoRandomData(n); }

 private:
  std::array<std::string, 32> pools_;
  unsigned long long count_ = 0;
  ReferenceGenerator generator_;
};

}  // namespace caponier::fortuna
