// Shared ownership by an intrusive count. Counts change under the kernel lock only (one CPU runs kernel code at a time), so they
// are plain integers.
#pragma once

#include <new>
#include <utility>

#include "lib/base/result.h"
#include "lib/base/types.h"

namespace caponier {

class RefCounted {
 public:
  RefCounted() = default;
  RefCounted(const RefCounted&) = delete;
  RefCounted& operator=(const RefCounted&) = delete;
  void Retain() {
    if (++references_ == 0) __builtin_trap();
  }
  void Release() {
    if (references_ == 0) __builtin_trap();
    if (--references_ == 0) Dispose();
  }
  u32 references() const { return references_; }

 protected:
  virtual ~RefCounted() = default;
  virtual void OnLastRelease() { delete this; }

 private:
  [[gnu::noinline]] void Dispose() { OnLastRelease(); }  // once, not in each of hundreds of places

  u32 references_ = 1;
};

template <typename T>
class Ref {
 public:
  Ref() = default;
  Ref(std::nullptr_t) {}
  // Takes over the reference that a new object is born with.
  static Ref Adopt(T* object) {
    Ref ref;
    ref.object_ = object;
    return ref;
  }
  static Ref Share(T* object) {
    if (object != nullptr) object->Retain();
    return Adopt(object);
  }
  Ref(const Ref& other) : object_(other.object_) {
    if (object_ != nullptr) object_->Retain();
  }
  Ref(Ref&& other) noexcept : object_(std::exchange(other.object_, nullptr)) {}
  template <typename U>
    requires std::is_convertible_v<U*, T*>
  Ref(Ref<U> other) : object_(other.Leak()) {}
  Ref& operator=(Ref other) {
    std::swap(object_, other.object_);
    return *this;
  }
  ~Ref() {
    if (object_ != nullptr) object_->Release();
  }
  T* get() const { return object_; }
  T* operator->() const { return object_; }
  T& operator*() const { return *object_; }
  explicit operator bool() const { return object_ != nullptr; }
  bool operator==(const Ref&) const = default;
  T* Leak() { return std::exchange(object_, nullptr); }

 private:
  T* object_ = nullptr;
};

// A new object, or kNoMemory.
template <typename T, typename... Args>
Result<Ref<T>> MakeRef(Args&&... args) {
  T* object = new (std::nothrow) T(std::forward<Args>(args)...);
  if (object == nullptr) return Error::kNoMemory;
  return Ref<T>::Adopt(object);
}

}  // namespace caponier
