// The tour's table: one line a claim, with what was seen. On a terminal it has colours and a frame; in a pipe it is plain lines
// "verdict  claim  evidence", fit for grep.
#pragma once

namespace caponier::tour {

enum class Verdict {
  kHolds,
  kFails,
  kAbsent,  // this processor has not what it takes
};

class Table {
 public:
  Table();
  void Title(const char* text);
  void Section(const char* name);
  // `evidence` is a printf format.
  [[gnu::format(printf, 4, 5)]] void Row(Verdict verdict, const char* claim, const char* evidence, ...);
  // Closes the frame and prints the sum; the tour's exit status.
  int Finish();

 private:
  void Rule(const char* left, const char* right);
  void Cell(const char* text, int columns);

  bool terminal_;
  bool open_ = false;
  int evidence_columns_;
  int holds_ = 0, fails_ = 0, absent_ = 0;
};

inline Verdict HoldsIf(bool condition) { return condition ? Verdict::kHolds : Verdict::kFails; }

}  // namespace caponier::tour
