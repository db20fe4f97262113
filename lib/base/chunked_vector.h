// A sequence for many elements, of which some are put in and taken out in the middle: as Vector to its users, but in chunks, so that a change
// moves the elements of one chunk and counts through the chunks, instead of moving all that come after. An element's address changes with
// any insertion or removal.
#pragma once

#include "lib/base/vector.h"

namespace caponier {

template <typename T, size_t kChunkElements = 128>
class ChunkedVector {
  static_assert(kChunkElements >= 2);
  struct Chunk {
    Vector<T> elements;  // never empty
    size_t before = 0;   // elements in the chunks before this one
  };

 public:
  template <typename Owner, typename Element>
  class Walk {
   public:
    Walk(Owner* owner, size_t chunk) : owner_(owner), chunk_(chunk) {}
    Element& operator*() const { return owner_->chunks_[chunk_].elements[at_]; }
    Walk& operator++() {
      if (++at_ == owner_->chunks_[chunk_].elements.size()) chunk_++, at_ = 0;
      return *this;
    }
    bool operator==(const Walk& other) const { return chunk_ == other.chunk_ && at_ == other.at_; }

   private:
    Owner* owner_;
    size_t chunk_, at_ = 0;
  };

  size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  Walk<const ChunkedVector, const T> begin() const { return {this, 0}; }
  Walk<const ChunkedVector, const T> end() const { return {this, chunks_.size()}; }
  T& operator[](size_t index) {
    Chunk& chunk = chunks_[ChunkOf(index)];
    return chunk.elements[index - chunk.before];
  }
  const T& operator[](size_t index) const {
    const Chunk& chunk = chunks_[ChunkOf(index)];
    return chunk.elements[index - chunk.before];
  }

  // kNoMemory leaves it as it was.
  Result<void> Insert(size_t at, T value) {
    if (at > size_) __builtin_trap();
    if (chunks_.empty()) TRY(AddChunk(0));
    size_t chunk = ChunkOf(at == size_ && at > 0 ? at - 1 : at);
    if (chunks_[chunk].elements.size() == kChunkElements) {
      TRY(Split(chunk));
      if (at > chunks_[chunk + 1].before) chunk++;
    }
    if (auto inserted = chunks_[chunk].elements.Insert(at - chunks_[chunk].before, std::move(value)); !inserted.ok()) {
      if (size_ == 0) chunks_.Clear();
      return inserted;
    }
    size_++;
    for (size_t i = chunk + 1; i < chunks_.size(); i++) chunks_[i].before++;
    return {};
  }
  Result<void> Append(T value) { return Insert(size_, std::move(value)); }

  void Erase(size_t at, size_t count = 1) {
    if (at > size_ || count > size_ - at) __builtin_trap();
    if (count == 0) return;
    const size_t first = ChunkOf(at);
    size_t left = count, chunk = first;
    for (size_t from = at - chunks_[first].before; left > 0; chunk++, from = 0) {
      const size_t here = chunks_[chunk].elements.size() - from, taken = left < here ? left : here;
      chunks_[chunk].elements.Erase(from, taken);
      left -= taken;
    }
    // The emptied ones are those between the first and the last, and perhaps these.
    const size_t begin = chunks_[first].elements.empty() ? first : first + 1;
    const size_t end = chunks_[chunk - 1].elements.empty() ? chunk : chunk - 1;
    if (begin < end) chunks_.Erase(begin, end - begin);
    size_ -= count;
    for (size_t i = first, before = i == 0 ? 0 : chunks_[i - 1].before + chunks_[i - 1].elements.size(); i < chunks_.size();
         i++) {
      chunks_[i].before = before;
      before += chunks_[i].elements.size();
    }
  }

 private:
  // The chunk that the element is in; the last one for an index that is too large.
  size_t ChunkOf(size_t index) const {
    size_t low = 0, high = chunks_.size();
    while (high - low > 1) {
      const size_t middle = (low + high) / 2;
      (chunks_[middle].before <= index ? low : high) = middle;
    }
    return low;
  }
  Result<void> AddChunk(size_t at) {
    Chunk chunk;
    TRY(chunk.elements.Reserve(at == 0 && size_ == 0 ? 1 : kChunkElements));
    return chunks_.Insert(at, std::move(chunk));
  }
  // The upper half of a full chunk becomes one of its own.
  Result<void> Split(size_t at) {
    TRY(AddChunk(at + 1));
    Chunk &full = chunks_[at], &upper = chunks_[at + 1];
    constexpr size_t kKept = kChunkElements / 2;
    for (size_t i = kKept; i < kChunkElements; i++) {
      if (!upper.elements.Append(std::move(full.elements[i])).ok()) __builtin_trap();  // room was reserved
    }
    full.elements.Erase(kKept, kChunkElements - kKept);
    upper.before = full.before + kKept;
    return {};
  }

  Vector<Chunk> chunks_;
  size_t size_ = 0;
};

}  // namespace caponier
