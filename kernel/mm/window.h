// A window: a short-lived kernel mapping of one frame, the only way to touch memory that has no mapping of its own.
//
//     Window window(frame, Window::kWrite);
//     memcpy(window.data(), ...);
//
// The mapping is gone, from the TLB too, when the object dies. Windows nest (a user copy inside a window may fault and need more);
// they are never held across a block.
#pragma once

#include <cstddef>

#include "lib/base/bytes.h"
#include "lib/base/types.h"

namespace caponier::mm {

class Window {
 public:
  enum Access { kRead, kReadTagged, kWrite, kWriteTagged };
  Window(PhysAddr frame, Access access);
  ~Window();
  Window(const Window&) = delete;
  Window& operator=(const Window&) = delete;

  std::byte* data() { return data_; }
  MutableBytes bytes() { return {data_, kPageSize}; }
  template <typename T>
  T* as() {
    return reinterpret_cast<T*>(data_);
  }

 private:
  std::byte* data_;
  u16 slot_;
};

}  // namespace caponier::mm
