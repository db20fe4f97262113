// Hot loops are compiled twice on x86-64, for any processor and for those with AVX2 and bit counting; the loader takes the fitting one. For functions
// with external linkage only: clang 19 forgets to emit what such functions call when nothing else can call them.
#pragma once

#if defined(__x86_64__) && !__has_feature(address_sanitizer)
#define CAPONIER_FOR_NEWER_PROCESSORS_TOO [[gnu::target_clones("arch=x86-64-v3", "default")]]
#else
#define CAPONIER_FOR_NEWER_PROCESSORS_TOO
#endif
