// `caponier entropy plot`: the samples as pictures, in one page that needs nothing else.
#pragma once

#include <string>

#include "tool/entropy/samples.h"

namespace caponier::tool::entropy {

// The page. `name` is its heading.
std::string PlotPage(const Samples& samples, const std::string& name);

}  // namespace caponier::tool::entropy
