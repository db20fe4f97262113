#include "tool/entropy/page.h"

#include <fmt/format.h>

#include "tool/failure.h"

namespace caponier::tool::entropy {
namespace {

constexpr char kStyle[] = R"(
body{font:15px/1.5 system-ui,sans-serif;max-width:900px;margin:24px auto;padding:0 20px;color:#1d2430;background:#fff}
h1{font-size:22px;overflow-wrap:anywhere}h2{font-size:17px;margin:32px 0 2px}p{margin:0 0 8px;color:#4a5464}
svg{max-width:100%;height:auto}svg text{font:12px system-ui,sans-serif;fill:#4a5464}
.bars{fill:#2f6fb3}.line{fill:none;stroke:#2f6fb3;stroke-width:1.3}.second{stroke:#1b8a5a}.third{stroke:#8a4fb3}.axis{fill:none;stroke:#7a8494}.grid{fill:none;stroke:#e6e9ee}
.level{fill:none;stroke:#c2410c;stroke-dasharray:5 4}svg .note{fill:#c2410c;paint-order:stroke;stroke:#fff;stroke-width:4px}
table{border-collapse:collapse;margin:8px 0}td,th{border:1px solid #d5dae1;padding:2px 6px;text-align:right;font-size:12px}
pre{font-size:12px;margin:8px 0;overflow-x:auto}th{background:#f4f6f8}td:first-child{text-align:left;white-space:nowrap}.bad{background:#fbe3d6}.good{background:#e2f3ea}
.planes{display:grid;grid-template-columns:repeat(2,1fr);gap:14px}figure{margin:0}figcaption{font-size:13px;color:#4a5464}
.planes img{width:100%;image-rendering:pixelated;border:1px solid #d5dae1;display:block}
)";

std::string Escape(const std::string& text) {
  std::string out;
  for (const char c : text) {
    if (c == '&') out += "&amp;";
    else if (c == '<') out += "&lt;";
    else if (c == '>') out += "&gt;";
    else if (c == '"') out += "&quot;";
    else out += c;
  }
  return out;
}

}  // namespace

std::string PageStart(const std::string& heading) {
  return fmt::format(
      "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n<title>{0}</title>\n<style>{1}</style>\n<h1>{0}</h1>\n",
      Escape(Printable(heading)), kStyle);
}

std::string PageEnd() { return "</html>\n"; }

std::string Section(const std::string& heading, const std::string& words, const std::string& picture) {
  return fmt::format("<h2>{}</h2>\n<p>{}</p>\n{}", heading, words, picture);
}

std::string Table(const std::vector<std::string>& heads, const std::vector<std::vector<Cell>>& rows) {
  std::string out = "<table><tr>";
  for (const std::string& head : heads) out += fmt::format("<th>{}</th>", Escape(head));
  for (const std::vector<Cell>& row : rows) {
    out += "</tr>\n<tr>";
    for (const Cell& cell : row) {
      out += cell.style.empty() ? "<td>" : fmt::format("<td class=\"{}\">", cell.style);
      out += Escape(cell.text) + "</td>";
    }
  }
  return out + "</tr></table>\n";
}

}  // namespace caponier::tool::entropy
