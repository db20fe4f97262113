// The C libraries that libcaponier-heap is built over.
#pragma once

namespace caponier::tool {

enum class CLibrary { kGlibc, kMusl };

}  // namespace caponier::tool
