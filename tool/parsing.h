// What the parsers of a command's words share: the usage line as the command writes it, and CLI11's own message made one line.
#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <optional>
#include <span>
#include <string>

#include "tool/print_text.h"

namespace caponier::tool {

class UsageFormatter final : public CLI::Formatter {
 public:
  explicit UsageFormatter(std::string usage) : usage_(std::move(usage)) {}
  std::string make_usage(const CLI::App*, std::string) const override { return "Usage: " + usage_ + "\n"; }

 private:
  std::string usage_;
};

// Throws Failure(125). `command`: the words behind caponier that --help can be added to.
[[noreturn]] void RefuseWords(const CLI::ParseError& error, const std::string& command);

// A file that will be written after work that takes long: refused before it when it cannot be. Makes and changes none.
std::function<std::string(const std::string&)> Writable();

// CLI11's own parser over the words behind `caponier GROUP COMMAND`; the app's name is COMMAND. The help, when they ask for it.
std::optional<PrintText> ParseWords(CLI::App& app, const std::string& group, std::span<const std::string> words);

}  // namespace caponier::tool
