// A growing array whose growth can fail: Append, Insert and Resize return kNoMemory and leave it as it was.
#pragma once

#include <new>
#include <span>
#include <string_view>
#include <utility>

#include "lib/base/result.h"
#include "lib/base/types.h"

namespace caponier {

template <typename T>
class Vector {
 public:
  Vector() = default;
  Vector(const Vector&) = delete;
  Vector& operator=(const Vector&) = delete;
  Vector(Vector&& other) noexcept
      : data_(std::exchange(other.data_, nullptr)),
        size_(std::exchange(other.size_, 0)),
        capacity_(std::exchange(other.capacity_, 0)) {}
  Vector& operator=(Vector&& other) noexcept {
    std::swap(data_, other.data_);
    std::swap(size_, other.size_);
    std::swap(capacity_, other.capacity_);
    return *this;
  }
  ~Vector() {
    Clear();
    ::operator delete(data_);
  }

  size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  T* data() { return data_; }
  const T* data() const { return data_; }
  T* begin() { return data_; }
  T* end() { return data_ + size_; }
  const T* begin() const { return data_; }
  const T* end() const { return data_ + size_; }
  T& operator[](size_t index) {
    if (index >= size_) __builtin_trap();
    return data_[index];
  }
  const T& operator[](size_t index) const {
    if (index >= size_) __builtin_trap();
    return data_[index];
  }
  T& back() { return (*this)[size_ - 1]; }
  operator std::span<T>() { return {data_, size_}; }
  operator std::span<const T>() const { return {data_, size_}; }

  Result<void> Reserve(size_t wanted) {
    if (wanted <= capacity_) return {};
    size_t capacity = capacity_ < 4 ? 4 : capacity_ * 2;
    if (capacity < wanted) capacity = wanted;
    size_t bytes;
    if (!CheckedMul(capacity, sizeof(T), &bytes)) return Error::kNoMemory;
    T* grown = static_cast<T*>(::operator new(bytes, std::nothrow));
    if (grown == nullptr) return Error::kNoMemory;
    for (size_t i = 0; i < size_; i++) {
      new (grown + i) T(std::move(data_[i]));
      data_[i].~T();
    }
    ::operator delete(data_);
    data_ = grown;
    capacity_ = capacity;
    return {};
  }
  Result<void> Append(T value) {
    TRY(Reserve(size_ + 1));
    new (data_ + size_++) T(std::move(value));
    return {};
  }
  Result<void> Insert(size_t at, T value) {
    TRY(Reserve(size_ + 1));
    if (at > size_) __builtin_trap();
    new (data_ + size_) T(std::move(value));
    size_++;
    for (size_t i = size_ - 1; i > at; i--) std::swap(data_[i], data_[i - 1]);
    return {};
  }
  void Erase(size_t at, size_t count = 1) {
    if (at > size_ || count > size_ - at) __builtin_trap();
    for (size_t i = at; i + count < size_; i++) data_[i] = std::move(data_[i + count]);
    for (size_t i = size_ - count; i < size_; i++) data_[i].~T();
    size_ -= count;
  }
  Result<void> Resize(size_t size) {
    if (size < size_) {
      Erase(size, size_ - size);
      return {};
    }
    TRY(Reserve(size));
    for (; size_ < size; size_++) new (data_ + size_) T();
    return {};
  }
  void Clear() {
    for (size_t i = 0; i < size_; i++) data_[i].~T();
    size_ = 0;
  }

 private:
  T* data_ = nullptr;
  size_t size_ = 0, capacity_ = 0;
};

// Owned text or bytes, built with possible failure.
class String {
 public:
  static Result<String> From(std::string_view text) {
    String string;
    TRY(string.characters_.Resize(text.size()));
    __builtin_memcpy(string.characters_.data(), text.data(), text.size());
    return string;
  }
  std::string_view view() const { return {characters_.data(), characters_.size()}; }
  operator std::string_view() const { return view(); }
  bool empty() const { return characters_.empty(); }
  Result<void> Append(std::string_view text) {
    const size_t old = characters_.size();
    TRY(characters_.Resize(old + text.size()));
    __builtin_memcpy(characters_.data() + old, text.data(), text.size());
    return {};
  }

 private:
  Vector<char> characters_;
};

}  // namespace caponier
