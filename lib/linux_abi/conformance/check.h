// Static assertions that a name or a layout is the system's own. Compiled for both architectures, never linked.
#pragma once

#include "lib/linux_abi/constant.h"

namespace abi = caponier::linux_abi;
namespace native = abi::native;

#define CHECK_CONSTANT(name, ...) \
  static_assert(static_cast<caponier::u64>(name) == static_cast<caponier::u64>(abi::k##name), #name);
#define CHECK_NATIVE_CONSTANT(name, ...) \
  static_assert(static_cast<caponier::u64>(name) == static_cast<caponier::u64>(native::k##name), #name);

// Every list of one header, those of the other architecture left out.
#if defined(__x86_64__)
#define CHECK_ALL_CONSTANTS(HEADER) \
  HEADER##_ALL(CHECK_CONSTANT) HEADER##_ALL_BY_ARCH(CHECK_NATIVE_CONSTANT) HEADER##_ALL_X86_64(CHECK_NATIVE_CONSTANT)
#else
#define CHECK_ALL_CONSTANTS(HEADER) \
  HEADER##_ALL(CHECK_CONSTANT) HEADER##_ALL_BY_ARCH(CHECK_NATIVE_CONSTANT) HEADER##_ALL_AARCH64(CHECK_NATIVE_CONSTANT)
#endif

#define CHECK_SIZE(ours, theirs) static_assert(sizeof(ours) == sizeof(theirs), #ours);
#define CHECK_MEMBER(ours, member, theirs, their_member) \
  static_assert(__builtin_offsetof(ours, member) == __builtin_offsetof(theirs, their_member), #ours "::" #member); \
  static_assert(sizeof(ours::member) == sizeof(((theirs*)nullptr)->their_member), #ours "::" #member);
