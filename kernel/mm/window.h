// A window: a short-lived kernel mapping of one frame, the only way to touch memory that has no mapping of its own.
//
//     Window window(frame, Window::kWrite);
//     memcpy(window.data(), ...);
//
// The mapping is gone, from the TLB too, when the object dies. Windows nest (a user copy inside a window may fault and need more);
// they are never held across a block.
//
// The page table of the windows is the one table that is reached without a window, and through nothing that stands: the gate to it is open
// while a Gate lives, and closed at any other time, when no mapping leads to a page table that could be written. A window opens it for its own
// entry; who opens many, opens it for all of them: each time costs an emulated x86-64 its translations of addresses, twice. With the gate open
// nothing touches the program's memory by its addresses.
#pragma once

#include <cstddef>

#include "lib/base/bytes.h"
#include "lib/base/types.h"

namespace caponier::mm {

class Gate {
 public:
  Gate();
  ~Gate();
  Gate(const Gate&) = delete;
  Gate& operator=(const Gate&) = delete;

 private:
  u64 outside_ = 0;  // what the processor goes back to
};

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
