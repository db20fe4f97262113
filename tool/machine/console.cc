#include "tool/machine/console.h"

#include <algorithm>

#include "tool/failure.h"

namespace caponier::tool {

void Console::Append(std::string_view bytes) {
  for (const char c : bytes) {
    if (c == '\n') {
      FinishLine();
    } else if (c != '\r' && partial_.size() < kLongestLine) {
      partial_ += c;
    }
  }
}

void Console::FinishLine() {
  if (partial_.empty()) return;
  if (reword_) partial_ = reword_(partial_);
  if (show_ == Show::kAlways) Say(prefix_ + ": " + partial_);
  lines_.push_back(std::move(partial_));
  partial_.clear();
  if (lines_.size() > kLinesKept) lines_.pop_front();
}

bool Console::Holds(std::string_view text) const {
  return std::any_of(lines_.begin(), lines_.end(), [&](const std::string& line) { return line.find(text) != std::string::npos; });
}

void Console::SayTail() {
  FinishLine();
  if (show_ == Show::kAlways) return;
  for (const std::string& line : lines_) Say(prefix_ + ": " + line);
}

}  // namespace caponier::tool
