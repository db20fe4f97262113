#include "guest/tour/table.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

namespace caponier::tour {
namespace {

constexpr int kClaimColumns = 36;
constexpr int kFrameColumns = 10;  // of a row beside claim and evidence
constexpr int kLeastEvidence = 24, kMostEvidence = 76;

constexpr char kReset[] = "\033[0m", kBold[] = "\033[1m", kDim[] = "\033[2m";
constexpr char kGreen[] = "\033[32m", kRed[] = "\033[1;31m", kYellow[] = "\033[33m";

struct Mark {
  const char *word, *sign, *colour;
};
Mark MarkOf(Verdict verdict) {
  switch (verdict) {
    case Verdict::kHolds: return {"ok", "✔", kGreen};
    case Verdict::kFails: return {"FAILS", "✘", kRed};
    case Verdict::kAbsent: return {"absent", "–", kYellow};
  }
  __builtin_unreachable();
}

}  // namespace

Table::Table() : terminal_(isatty(STDOUT_FILENO) != 0), evidence_columns_(kMostEvidence) {
  winsize size = {};
  if (terminal_ && ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col != 0) {
    evidence_columns_ = size.ws_col - kClaimColumns - kFrameColumns;
    if (evidence_columns_ < kLeastEvidence) evidence_columns_ = kLeastEvidence;
    if (evidence_columns_ > kMostEvidence) evidence_columns_ = kMostEvidence;
  }
  // A line appears when its attack is over, not when the buffer is full.
  setvbuf(stdout, nullptr, _IOLBF, BUFSIZ);
}

void Table::Rule(const char* left, const char* right) {
  printf("%s%s", kDim, left);
  for (int i = 0; i < kClaimColumns + evidence_columns_ + kFrameColumns - 2; i++) fputs("─", stdout);
  printf("%s%s\n", right, kReset);
}

// `text` is ASCII: a byte is a column.
void Table::Cell(const char* text, int columns) { printf("%-*.*s", columns, columns, text); }

void Table::Title(const char* text) { terminal_ ? printf("\n  %s%s%s\n\n", kBold, text, kReset) : printf("%s\n", text); }

void Table::Section(const char* name) {
  if (!terminal_) {
    printf("\n%s\n", name);
    return;
  }
  open_ ? Rule("├", "┤") : Rule("╭", "╮");
  open_ = true;
  printf("%s│%s %s", kDim, kReset, kBold);
  Cell(name, kClaimColumns + evidence_columns_ + kFrameColumns - 4);
  printf("%s %s│%s\n", kReset, kDim, kReset);
}

void Table::Row(Verdict verdict, const char* claim, const char* evidence, ...) {
  (verdict == Verdict::kHolds ? holds_ : verdict == Verdict::kFails ? fails_ : absent_)++;
  char text[512];
  va_list arguments;
  va_start(arguments, evidence);
  vsnprintf(text, sizeof text, evidence, arguments);
  va_end(arguments);
  const Mark mark = MarkOf(verdict);
  if (!terminal_) {
    printf("  %-6s  %-*s  %s\n", mark.word, kClaimColumns, claim, text);
    return;
  }
  // What does not fit goes on below, broken at a space.
  const char* rest = text;
  for (bool first = true; first || *rest != '\0'; first = false) {
    int length = static_cast<int>(strlen(rest));
    if (length > evidence_columns_) {
      length = evidence_columns_;
      while (length > 1 && rest[length] != ' ') length--;
      if (length == 1) length = evidence_columns_;
    }
    char line[kMostEvidence + 1];
    memcpy(line, rest, static_cast<size_t>(length));
    line[length] = '\0';
    printf("%s│%s  %s%s%s ", kDim, kReset, mark.colour, first ? mark.sign : " ", kReset);
    Cell(first ? claim : "", kClaimColumns);
    printf("  %s", kDim);
    Cell(line, evidence_columns_);
    printf("%s %s │%s\n", kReset, kDim, kReset);
    rest += length;
    while (*rest == ' ') rest++;
  }
}

int Table::Finish() {
  if (terminal_) Rule("╰", "╯");
  printf(terminal_ ? "\n  %s%d hold%s" : "\n%s%d hold%s", terminal_ ? kGreen : "", holds_, terminal_ ? kReset : "");
  if (fails_ != 0) printf(", %s%d fail%s", terminal_ ? kRed : "", fails_, terminal_ ? kReset : "");
  if (absent_ != 0) printf(", %s%d absent from this processor%s", terminal_ ? kYellow : "", absent_, terminal_ ? kReset : "");
  printf("\n");
  if (terminal_) printf("\n");
  return fails_ == 0 ? 0 : 1;
}

}  // namespace caponier::tour
