// The first stack of a program, as the System V ABI lays it [sysv-x86-64] 3.4.1: from the top down the strings, then, 16-byte
// aligned, argc, the pointers to arguments and environment, and the auxiliary vector.
#pragma once

#include "kernel/loader/load.h"

namespace caponier::loader {

class StackBuilder {
 public:
  // Strings begin below `top`; nothing may come to lie below `limit`.
  StackBuilder(u64 top, u64 limit) : at_(top), limit_(limit) {}

  // Copies the strings and 16 random bytes; records where arguments and environment lie in `loaded`.
  Result<void> PutStrings(const Request& request, std::string_view platform, Loaded& loaded);
  // Copies pointers and vector; the stack pointer.
  Result<u64> Finish(const Vector<u64>& auxiliary_vector);

  u64 random_address() const { return random_; }
  u64 exec_name_address() const { return exec_name_; }
  u64 platform_address() const { return platform_; }

 private:
  Result<u64> PutString(std::string_view text);
  Result<void> PutAll(const Vector<std::string_view>& strings, Vector<u64>& addresses);

  u64 at_, limit_;
  u64 random_ = 0, exec_name_ = 0, platform_ = 0;
  Vector<u64> arguments_, environment_;
};

}  // namespace caponier::loader
