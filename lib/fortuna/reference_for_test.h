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

// The accumulator and the hedges, from the book and from the first paragraphs of hedge.h.
class ReferenceFortuna {
 public:
  void AddEvents(unsigned char source, const std::string& data, unsigned credit = 0) {
    for (size_t at = 0; at < data.size(); at += 32) {
      // What is left of the credit, shared by what is left of the data.
      const size_t left = data.size() - at, size = std::min<size_t>(left, 32);
      const unsigned share = static_cast<unsigned>(credit * size / left);
      credit -= share;
      AddEvent(source, data.substr(at, size), share);
    }
  }
  void AddEventsToPool0(unsigned char source, const std::string& data) {
    for (size_t at = 0; at < data.size(); at += 32) pools_[0] += Framed(source, data.substr(at, 32));
  }
  void Distrust(unsigned char source) { StartPoolsTurn(sources_[source]); }
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
  unsigned long long hedge_reseeds() const { return hedge_reseeds_; }

 private:
  struct Source {
    unsigned next_pool = 0;
    std::string hedge;
    unsigned credit = 0, in_hedge = 0;  // of this turn
    unsigned for_pools = 0;             // how many more events the pools' turn has
  };
  static std::string Framed(unsigned char source, const std::string& event) {
    return std::string(1, static_cast<char>(source)) + static_cast<char>(event.size()) + event;
  }
  static void StartPoolsTurn(Source& source) {
    source.for_pools += 3 * source.in_hedge;
    source.in_hedge = source.credit = 0;
  }
  void AddEvent(unsigned char number, const std::string& event, unsigned credit) {
    Source& source = sources_[number];
    if (count_ == 0) {
      pools_[0] += Framed(number, event);
    } else if (credit > 0 && source.for_pools == 0) {
      source.hedge += Framed(number, event);
      source.credit += credit;
      source.in_hedge++;
      // One more like this one would lead further from 240.
      if (2 * (240 - static_cast<int>(source.credit)) > static_cast<int>(credit)) return;
      generator_.Reseed(generator_.DoubleHash(source.hedge));
      source.hedge.clear();
      hedge_reseeds_++;
      StartPoolsTurn(source);
    } else {
      if (credit > 0) source.for_pools--;
      pools_[source.next_pool++ % 32] += Framed(number, event);
    }
  }

  std::array<std::string, 32> pools_;
  std::map<unsigned char, Source> sources_;
  unsigned long long count_ = 0, hedge_reseeds_ = 0;
  ReferenceGenerator generator_;
};

}  // namespace caponier::fortuna
