// Functions that only one library of the program's has.
#pragma once

namespace caponier::hosted {

// What `name` is for the library that the return address `caller` is in, or null: in itself and in what it needs. Not linked everywhere: there it
// is null.
[[gnu::weak]] void* FindForCaller(const void* caller, const char* name);

}  // namespace caponier::hosted
