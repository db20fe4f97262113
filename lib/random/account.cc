#include "lib/random/account.h"

namespace caponier::random {

using namespace std::string_view_literals;

void WriteAccount(const Root& root, TextSink& sink) {
  Format(sink, R"({{"seeded":{},"credited_bits":{},"reseeds":{},"hedge_reseeds":{},"sources":[)", root.Proof().ok(),
         root.credited().value, root.reseeds(), root.hedge_reseeds());
  std::string_view separator;
  for (size_t i = 0; i < entropy::kSourceCount; i++) {
    const SourceReport report = root.source(static_cast<SourceId>(i));
    Format(sink, R"({}{{"name":"{}","trust":"{}","status":"{}","credited_bits":{},"samples":{},"failures":{}}})", separator,
           report.name, report.trust, StatusName(report.status), report.credited.value, report.samples, report.failures);
    separator = ","sv;
  }
  sink.Write("]}");
}

}  // namespace caponier::random
