// `caponier audit tables` and `dump`: what was found, as text and JSON.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "tool/audit/options.h"
#include "tool/audit/rules.h"

namespace caponier::tool::audit {

enum class Addresses { kHide, kShow };
// A line for the moment, and one for each violation.
std::string VerdictText(std::string_view title, const Walk& walk, const Verdict& verdict, Addresses addresses);
nlohmann::ordered_json VerdictJson(const Walk& walk, const Verdict& verdict, Addresses addresses);

int AuditTables(const TablesOptions& options);
int AuditDump(const DumpOptions& options);

}  // namespace caponier::tool::audit
