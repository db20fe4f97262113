// A machine that runs guest/probes/layout_audit.c, stopped at each of the moments that the probe announces.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "tool/audit/debugger.h"
#include "tool/audit/foretelling.h"
#include "tool/audit/page_tables.h"
#include "tool/audit/rules.h"
#include "tool/install.h"
#include "tool/machine/launch.h"
#include "tool/order/boot_kernel.h"
#include "tool/pack/packer.h"

namespace caponier::tool::audit {

struct WatchOptions {
  Arch arch = kHostArch;
  std::string wx = {}, layout = {};  // as for caponier run; empty: the default
  order::KernelOrder kernel_order = order::KernelOrder::kRandom;
  u64 calls = 0;          // that the probe makes
  bool foretell = false;  // where things will be, up to the first look
};

// The probe's line "place NAME ADDRESS".
std::optional<Place> ParsePlace(const std::string& line);
// A line of /proc/PID/maps after the probe's "map ". The vDSO's data and code are one to it.
std::optional<Region> ParseMapping(const std::string& line);

// What a stopped machine was found to be.
struct Finding {
  Walk walk;
  std::vector<Region> regions;
  Verdict verdict;
};

class WatchedMachine {
 public:
  WatchedMachine(const Install& install, const WatchOptions& options);
  ~WatchedMachine();
  WatchedMachine(const WatchedMachine&) = delete;
  WatchedMachine& operator=(const WatchedMachine&) = delete;

  // Goes on to the next moment; its name, or nothing when the program has ended. Throws Failure when it ended otherwise than it should.
  std::optional<std::string> Next();
  // Stops the machine, looks, and lets it go on. Throws Failure for tables that cannot be walked.
  Finding Look();
  // Has the kernel walk its own tables; what it met. Throws Failure when it found what must not be, and stopped.
  link::TablesRecord AskKernel();
  // Where in physical memory the kernel was to be loaded, if that was drawn.
  std::optional<u64> drawn_place() const { return kernel_.place; }
  // What was foretold, held against the first finding, with the region `moved` a page higher.
  Foretold HoldAgainst(const Finding& finding, const std::string& moved) const;
  const Halves& halves() const { return foretelling_->halves(); }
  // Where the program said that its parts stand.
  const std::vector<Place>& places() const { return places_; }

 private:
  Result<Walk> WalkNow(Diagnostics& diagnostics);
  Result<Finding> Examine(Bytes kernel, Diagnostics& diagnostics);
  std::optional<std::string> Line();
  void PassDraw();
  void Stop();

  WatchOptions options_;
  Archive archive_;
  order::BootKernel kernel_;
  UniqueFd memory_file_;
  void* mapped_ = nullptr;
  u64 mapped_bytes_ = 0;
  MemoryImage memory_;
  std::optional<Debugger> debugger_;
  std::optional<Foretelling> foretelling_;
  std::optional<Machine> machine_;
  UniqueFd input_, output_;  // the program's, from this side
  UniqueFd program_input_, program_output_, errors_;
  UniqueFd tables_, tables_there_;  // questions and answers of AskKernel
  std::unique_ptr<Session> session_;
  std::thread carrier_;
  Outcome outcome_;
  std::string received_;
  std::vector<Place> places_;
  std::vector<Region> mappings_;  // as the program saw them at the moment
  bool waiting_ = false;          // the program waits for a byte
};

}  // namespace caponier::tool::audit
