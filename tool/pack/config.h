// The machine's configuration, as link::kConfigName in the archive carries it. lib/link/protocol.h lists the keys.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "lib/link/protocol.h"

namespace caponier::tool {

struct GuestConfig {
  std::string exe = {};
  std::vector<std::string> arguments = {};    // argv[0] first
  std::vector<std::string> environment = {};  // "K=V"
  std::string workdir = "/";
  u64 epoch_ns = 0;
  std::string tty = {};  // digits of the descriptors that are terminals
  std::optional<link::WindowSize> window = {};
  bool trace = false, report = false;
  std::string hostname = "caponier";
  std::string layout = {}, wx = {}, tagging = {}, heap = {}, kernel_heap = {};  // empty: the kernel's default
  std::string seed_hex = {};
  bool seed_file = false;
  std::string collect = {};  // "NAME:COUNT": raw samples instead of a program
};

// Throws Failure when a value holds a NUL, which no record can carry.
std::string EncodeConfig(const GuestConfig& config);

}  // namespace caponier::tool
