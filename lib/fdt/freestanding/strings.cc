// The functions of the C library that libfdt calls and a kernel has no other use for: as ISO C and POSIX define them.
#include <stddef.h>

extern "C" {

[[gnu::weak]] size_t strlen(const char* text) {
  size_t length = 0;
  while (text[length] != '\0') length++;
  return length;
}

[[gnu::weak]] size_t strnlen(const char* text, size_t limit) {
  size_t length = 0;
  while (length < limit && text[length] != '\0') length++;
  return length;
}

[[gnu::weak]] void* memchr(const void* bytes, int wanted, size_t count) {
  const unsigned char* at = static_cast<const unsigned char*>(bytes);
  for (size_t i = 0; i < count; i++) {
    if (at[i] == static_cast<unsigned char>(wanted)) return const_cast<unsigned char*>(at + i);
  }
  return nullptr;
}

[[gnu::weak]] char* strchr(const char* text, int wanted) {
  for (;; text++) {
    if (*text == static_cast<char>(wanted)) return const_cast<char*>(text);
    if (*text == '\0') return nullptr;
  }
}

[[gnu::weak]] char* strrchr(const char* text, int wanted) {
  const char* last = nullptr;
  for (;; text++) {
    if (*text == static_cast<char>(wanted)) last = text;
    if (*text == '\0') return const_cast<char*>(last);
  }
}

}  // extern "C"
