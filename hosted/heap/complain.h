// Where the library speaks: one line on standard error that starts with its name. Nothing here allocates.
#pragma once

#include <string_view>

namespace caponier::hosted {

void Complain(std::string_view text);
// As it is, behind such a line.
void Say(std::string_view text);
// The program broke a rule of its heap: the line, then SIGABRT.
[[noreturn]] void StopWith(std::string_view text);
// The library cannot start as it was asked to: the line, then exit status 125.
[[noreturn]] void RefuseWith(std::string_view text);

}  // namespace caponier::hosted
