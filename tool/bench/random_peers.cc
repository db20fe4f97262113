// The peers' libraries, by dlopen: what they declare stands here, so that none is needed to build.
#include <dlfcn.h>
#include <fcntl.h>
#include <sys/random.h>
#include <unistd.h>

#include <algorithm>
#include <memory>

#include "tool/bench/random.h"
#include "tool/unique_fd.h"

namespace caponier::tool::bench {
namespace {

// Libraries stay loaded: some have threads and handlers that would outlive them.
class Library {
 public:
  explicit Library(const std::string& file) : handle_(dlopen(file.c_str(), RTLD_NOW | RTLD_LOCAL)) {}
  bool loaded() const { return handle_ != nullptr; }
  template <typename Function>
  Function* Find(const char* name) const {
    return reinterpret_cast<Function*>(dlsym(handle_, name));
  }

 private:
  void* handle_;
};

RandomPeer Absent(std::string name, std::string why) { return {.name = std::move(name), .absent = std::move(why)}; }
RandomPeer Present(std::string name, std::function<Fill()> make) { return {.name = std::move(name), .absent = "", .make = make}; }
// A generator that all threads call.
RandomPeer Shared(std::string name, Fill fill) {
  return Present(std::move(name), [fill] { return fill; });
}

RandomPeer Ours(const std::string& file) {
  const Library library(file);
  auto* fill = library.loaded() ? library.Find<void(void*, size_t)>("caponier_random_fill") : nullptr;
  if (fill == nullptr) return Absent("caponier", "no " + file);
  return Shared("caponier", [fill](std::byte* buffer, size_t bytes) { return fill(buffer, bytes), true; });
}

RandomPeer OpenSsl() {
  const Library library("libcrypto.so.3");
  auto* fill = library.loaded() ? library.Find<int(void*, int)>("RAND_bytes") : nullptr;
  if (fill == nullptr) return Absent("OpenSSL", "no libcrypto.so.3");
  return Shared("OpenSSL", [fill](std::byte* buffer, size_t bytes) { return fill(buffer, static_cast<int>(bytes)) == 1; });
}

RandomPeer Sodium() {
  const Library library("libsodium.so.23");
  auto* start = library.loaded() ? library.Find<int()>("sodium_init") : nullptr;
  auto* fill = library.loaded() ? library.Find<void(void*, size_t)>("randombytes_buf") : nullptr;
  if (start == nullptr || fill == nullptr || start() < 0) return Absent("libsodium", "no libsodium.so.23");
  return Shared("libsodium", [fill](std::byte* buffer, size_t bytes) { return fill(buffer, bytes), true; });
}

RandomPeer Gcrypt() {
  constexpr int kDisableSecureMemory = 37, kInitializationFinished = 38, kStrong = 1;
  const Library library("libgcrypt.so.20");
  auto* version = library.loaded() ? library.Find<const char*(const char*)>("gcry_check_version") : nullptr;
  auto* control = library.loaded() ? library.Find<unsigned(int, ...)>("gcry_control") : nullptr;
  auto* fill = library.loaded() ? library.Find<void(void*, size_t, int)>("gcry_randomize") : nullptr;
  if (version == nullptr || control == nullptr || fill == nullptr) return Absent("libgcrypt", "no libgcrypt.so.20");
  version(nullptr);
  control(kDisableSecureMemory, 0);
  control(kInitializationFinished, 0);
  return Shared("libgcrypt", [fill](std::byte* buffer, size_t bytes) { return fill(buffer, bytes, kStrong), true; });
}

RandomPeer Botan() {
  const Library library("libbotan-2.so.19");
  auto* make = library.loaded() ? library.Find<int(void**, const char*)>("botan_rng_init") : nullptr;
  auto* fill = library.loaded() ? library.Find<int(void*, std::byte*, size_t)>("botan_rng_get") : nullptr;
  auto* end = library.loaded() ? library.Find<int(void*)>("botan_rng_destroy") : nullptr;
  if (make == nullptr || fill == nullptr || end == nullptr) return Absent("Botan", "no libbotan-2.so.19");
  return Present("Botan", [make, fill, end]() -> Fill {
    void* made = nullptr;
    if (make(&made, "user") != 0) return [](std::byte*, size_t) { return false; };
    return [generator = std::shared_ptr<void>(made, end), fill](std::byte* buffer, size_t bytes) {
      return fill(generator.get(), buffer, bytes) == 0;
    };
  });
}

RandomPeer Wolf() {
  static constexpr size_t kLongestRequest = 65536;  // RNG_MAX_BLOCK_LEN
  const Library library("libwolfssl.so.35");
  auto* start = library.loaded() ? library.Find<int()>("wolfCrypt_Init") : nullptr;
  auto* make = library.loaded() ? library.Find<void*(std::byte*, unsigned, void*)>("wc_rng_new") : nullptr;
  auto* fill = library.loaded() ? library.Find<int(void*, std::byte*, unsigned)>("wc_RNG_GenerateBlock") : nullptr;
  auto* end = library.loaded() ? library.Find<void(void*)>("wc_rng_free") : nullptr;
  if (start == nullptr || make == nullptr || fill == nullptr || end == nullptr || start() != 0)
    return Absent("wolfSSL", "no libwolfssl.so.35");
  return Present("wolfSSL", [make, fill, end]() -> Fill {
    void* made = make(nullptr, 0, nullptr);
    if (made == nullptr) return [](std::byte*, size_t) { return false; };
    return [generator = std::shared_ptr<void>(made, end), fill](std::byte* buffer, size_t bytes) {
      for (size_t at = 0; at < bytes; at += kLongestRequest) {
        const size_t part = std::min(bytes - at, kLongestRequest);
        if (fill(generator.get(), buffer + at, static_cast<unsigned>(part)) != 0) return false;
      }
      return true;
    };
  });
}

RandomPeer Arc4Random() {
  auto* fill = reinterpret_cast<void (*)(void*, size_t)>(dlsym(RTLD_DEFAULT, "arc4random_buf"));
  if (fill == nullptr) return Absent("arc4random_buf", "not in this C library");
  return Shared("arc4random_buf", [fill](std::byte* buffer, size_t bytes) { return fill(buffer, bytes), true; });
}

// A call may give less than was asked for.
template <typename Read>
bool InParts(std::byte* buffer, size_t bytes, Read read) {
  while (bytes > 0) {
    const ssize_t got = read(buffer, bytes);
    if (got <= 0) return false;
    buffer += got;
    bytes -= static_cast<size_t>(got);
  }
  return true;
}

RandomPeer KernelCall() {
  return Shared("getrandom(2)", [](std::byte* buffer, size_t bytes) {
    return InParts(buffer, bytes, [](std::byte* to, size_t size) { return getrandom(to, size, 0); });
  });
}

RandomPeer KernelDevice() {
  const int fd = open("/dev/urandom", O_RDONLY | O_CLOEXEC);
  if (fd < 0) return Absent("/dev/urandom", "cannot be opened");
  return Shared("/dev/urandom", [file = std::make_shared<UniqueFd>(fd)](std::byte* buffer, size_t bytes) {
    return InParts(buffer, bytes, [&](std::byte* to, size_t size) { return read(file->get(), to, size); });
  });
}

}  // namespace

std::vector<RandomPeer> LoadRandomPeers(const std::string& ours) {
  return {Ours(ours), OpenSsl(), Sodium(), Gcrypt(), Botan(), Wolf(), Arc4Random(), KernelCall(), KernelDevice()};
}

}  // namespace caponier::tool::bench
