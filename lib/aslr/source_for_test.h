// Random sources for tests alone: one that enumerates every outcome, ones stuck at an edge, one of given words, and a seeded one.
#pragma once

#include <span>
#include <vector>

#include "lib/aslr/source.h"
#include "lib/random/uniform.h"

namespace caponier::aslr {

// Walks the tree of all outcomes, one path per run: `while (source.NextPath()) { ...draw...; }`. A path of draws with bounds
// b1, b2, ... has probability 1/(b1 b2 ...), given by weight(common) = common / (b1 b2 ...), which must divide.
class EnumeratingSource {
 public:
  bool NextPath() {
    if (!started_) {
      started_ = true;
      return true;
    }
    path_.resize(used_);
    while (!path_.empty() && path_.back().value + 1 == path_.back().bound) path_.pop_back();
    if (path_.empty()) return false;
    path_.back().value++;
    used_ = 0;
    return true;
  }
  u64 Uniform(u64 bound) {
    if (bound == 0) __builtin_trap();
    if (used_ == path_.size()) path_.push_back({0, bound});
    if (path_[used_].bound != bound) __builtin_trap();
    return path_[used_++].value;
  }
  u64 Next() { return Uniform(~u64{0}); }
  u64 weight(u64 common) const {
    for (size_t i = 0; i < used_; i++) {
      if (common % path_[i].bound != 0) __builtin_trap();
      common /= path_[i].bound;
    }
    return common;
  }
  size_t draws() const { return used_; }

 private:
  struct Draw {
    u64 value, bound;
  };
  std::vector<Draw> path_;
  size_t used_ = 0;
  bool started_ = false;
};

// Every draw at one edge, or at each in turn.
enum class Edge { kLow, kHigh, kAlternating };
class EdgeSource {
 public:
  explicit EdgeSource(Edge edge) : edge_(edge) {}
  u64 Uniform(u64 bound) { return High() ? bound - 1 : 0; }
  u64 Next() { return High() ? ~u64{0} : 0; }

 private:
  bool High() {
    draws_++;
    return edge_ == Edge::kHigh || (edge_ == Edge::kAlternating && draws_ % 2 == 0);
  }
  Edge edge_;
  u64 draws_ = 0;
};

// The given words for ever, in turn, reduced to numbers as a stream of lib/random reduces its own. Some word among them must not be one that
// the reduction draws again (as 0 is, for most bounds).
class WordSource {
 public:
  explicit WordSource(std::span<const u64> words) : words_(words) {}
  u64 Next() { return words_[next_++ % words_.size()]; }
  u64 Uniform(u64 bound) {
    return random::UniformBelow(bound, [this] { return Next(); });
  }

 private:
  std::span<const u64> words_;
  size_t next_ = 0;
};

// SplitMix64 [splitmix], with rejection for bounds.
class SeededSource {
 public:
  explicit SeededSource(u64 seed) : state_(seed) {}
  u64 Next() {
    u64 z = state_ += 0x9e3779b97f4a7c15;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
  }
  u64 Uniform(u64 bound) {
    u64 limit = ~u64{0} - ~u64{0} % bound;
    u64 draw = Next();
    while (draw >= limit) draw = Next();
    return draw % bound;
  }

 private:
  u64 state_;
};

}  // namespace caponier::aslr
