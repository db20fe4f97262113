#pragma once

#include <nlohmann/json.hpp>
#include <string>

namespace caponier::tool {

// As files and the terminal get it. Names of files and text from a machine may hold any bytes: what is not UTF-8 is replaced.
inline std::string JsonText(const nlohmann::ordered_json& json) {
  return json.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
}

}  // namespace caponier::tool
