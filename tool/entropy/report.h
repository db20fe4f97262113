// Assessments as tables and as JSON.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "tool/entropy/assess.h"

namespace caponier::tool::entropy {

std::string AssessmentText(const std::string& file, const Samples& samples, const Assessment& assessment);
nlohmann::ordered_json AssessmentJson(const std::string& file, const Samples& samples, const Assessment& assessment);

// Throws Failure when it cannot be written.
void WriteFile(const std::string& path, std::string_view text);
void WriteJson(const std::string& path, const nlohmann::ordered_json& json);

}  // namespace caponier::tool::entropy
