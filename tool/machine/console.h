// What the machine's serial port and the emulator itself say: early messages, panics, complaints about options. Kept as the last
// few lines, to be shown when a run fails, or shown as they come.
#pragma once

#include <deque>
#include <functional>
#include <string>
#include <string_view>

namespace caponier::tool {

class Console {
 public:
  enum class Show { kOnFailure, kAlways };
  // `reword`, if any, makes of each line what is shown.
  using Reword = std::function<std::string(std::string_view)>;
  Console(std::string prefix, Show show, Reword reword = {})
      : prefix_(std::move(prefix)), show_(show), reword_(std::move(reword)) {}
  void Append(std::string_view bytes);
  // The lines so far, an unfinished one included, as `caponier: PREFIX: line`. Nothing when they were shown as they came.
  void SayTail();
  const std::deque<std::string>& lines() const { return lines_; }
  void FinishLine();
  bool Holds(std::string_view text) const;  // in a line kept

 private:
  static constexpr size_t kLinesKept = 60;
  static constexpr size_t kLongestLine = 400;

  std::string prefix_;
  Show show_;
  Reword reword_;
  std::string partial_;
  std::deque<std::string> lines_;
};

}  // namespace caponier::tool
