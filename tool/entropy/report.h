// Assessments as tables and as JSON.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "tool/entropy/assess.h"
#include "tool/entropy/conditioning.h"
#include "tool/entropy/iid.h"
#include "tool/entropy/restart.h"

namespace caponier::tool::entropy {

std::string AssessmentText(const std::string& file, const Samples& samples, const Assessment& assessment);
nlohmann::ordered_json AssessmentJson(const std::string& file, const Samples& samples, const Assessment& assessment);
std::string IidText(const std::string& file, const Samples& samples, const IidAssessment& assessment);
nlohmann::ordered_json IidJson(const std::string& file, const Samples& samples, const IidAssessment& assessment);
std::string RestartText(const std::string& file, const Samples& samples, double initial, const RestartAssessment& assessment);
nlohmann::ordered_json RestartJson(const std::string& file, const Samples& samples, double initial,
                                   const RestartAssessment& assessment);
std::string ConditioningText(const Conditioning& conditioning, const ConditionedEntropy& entropy);
nlohmann::ordered_json ConditioningJson(const Conditioning& conditioning, const ConditionedEntropy& entropy);

// Throws Failure when it cannot be written.
void WriteFile(const std::string& path, std::string_view text);
void WriteJson(const std::string& path, const nlohmann::ordered_json& json);

}  // namespace caponier::tool::entropy
