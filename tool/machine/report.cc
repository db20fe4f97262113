#include "tool/machine/report.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <memory>
#include <nlohmann/json.hpp>

#include "tool/command_line.h"
#include "tool/failure.h"

namespace caponier::tool {
namespace {

using nlohmann::ordered_json;

std::string QemuVersion(Arch arch) {
  const std::string command = "'" + QemuProgram(arch) + "' --version 2>/dev/null";
  const std::unique_ptr<FILE, int (*)(FILE*)> pipe(popen(command.c_str(), "re"), pclose);
  char line[256];
  if (pipe == nullptr || fgets(line, sizeof(line), pipe.get()) == nullptr) return "unknown";
  std::string text = line;
  if (text.ends_with('\n')) text.pop_back();
  return text;
}

const char* CauseName(link::ExitCause cause) {
  switch (cause) {
    case link::ExitCause::kExited: return "exited";
    case link::ExitCause::kSignaled: return "signaled";
    case link::ExitCause::kKernelPanic: return "kernel panic";
    case link::ExitCause::kRefused: return "refused";
    case link::ExitCause::kNotExecutable: return "not executable";
    case link::ExitCause::kNotFound: return "not found";
  }
  return "unknown";
}

ordered_json Between(Clock::time_point from, Clock::time_point to) {
  if (to == Clock::time_point{}) return nullptr;
  return std::chrono::duration_cast<std::chrono::nanoseconds>(to - from).count();
}

ordered_json EndOf(const Outcome& outcome) {
  if (outcome.stopped_by != 0) return {{"cause", "stopped by the user"}, {"signal", outcome.stopped_by}};
  if (outcome.timed_out) return {{"cause", "timed out"}};
  if (!outcome.fault.empty()) return {{"cause", "protocol broken"}, {"detail", outcome.fault}};
  if (!outcome.exit.has_value()) return {{"cause", "the emulator ended"}, {"wait_status", outcome.emulator_status}};
  return {{"cause", CauseName(outcome.exit->cause)}, {"status", static_cast<u32>(outcome.exit->status)}};
}

}  // namespace

std::string RenderReport(const LaunchFacts& facts, const Outcome& outcome) {
  ordered_json report = ordered_json::object();
  bool whole = false;
  if (!outcome.report.empty()) {
    // The machine's text is not trusted to be JSON, or to be an object.
    ordered_json parsed = ordered_json::parse(outcome.report, nullptr, false);
    whole = parsed.is_object();
    if (whole) report = std::move(parsed);
  }
  // The machine knows the processor's part of it, the launcher what the C library was told and which kernel it made.
  if (const auto on = report.find("mitigations"); on != report.end() && on->is_object()) {
    (*on)["kernel order"] = facts.kernel_order;
    const auto tags = on->find("MTE");
    (*on)["heap"] = (tags != on->end() && *tags == "on") || facts.heap == "caponier" ? facts.heap : "libc";
  }
  report["launcher"] = {
      {"version", kVersion},
      {"machine_report", whole                    ? "whole"
                         : outcome.report.empty() ? "absent"
                                                  : "malformed"},
      {"arch", NameOf(facts.arch)},
      {"accel", NameOf(facts.accelerator)},
      {"qemu", QemuVersion(facts.arch)},
      {"command", facts.command},
      {"archive_bytes", facts.archive_bytes},
      {"end", EndOf(outcome)},
      {"exit_status", facts.status},
      {"phases_ns",
       {{"pack", Between(facts.start, facts.packed)},
        {"spawn", Between(facts.packed, facts.spawned)},
        {"first_frame", Between(facts.spawned, outcome.first_frame)},
        {"exit", Between(facts.spawned, outcome.ended)},
        {"total", Between(facts.start, outcome.ended)}}},
  };
  // Text from the machine may hold any bytes: what is not UTF-8 is replaced.
  return report.dump(2, ' ', false, ordered_json::error_handler_t::replace) + "\n";
}

UniqueFd OpenReport(const std::string& path) {
  UniqueFd file(open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC | O_NONBLOCK | O_NOCTTY, 0666));
  if (!file && errno == ENXIO) throw Failure(fmt::format("cannot write --report {}: nobody reads this pipe or socket", path));
  if (!file) throw SystemFailure("cannot write --report " + path, errno);
  fcntl(file.get(), F_SETFL, fcntl(file.get(), F_GETFL) & ~O_NONBLOCK);
  return file;
}

void WriteReport(int file, const std::string& path, const LaunchFacts& facts, const Outcome& outcome) {
  const std::string text = RenderReport(facts, outcome);
  struct stat status;
  const bool regular = fstat(file, &status) == 0 && S_ISREG(status.st_mode);
  if (regular && ftruncate(file, 0) != 0) throw SystemFailure("cannot write --report " + path, errno);
  for (std::string_view rest = text; !rest.empty();) {
    const ssize_t written = write(file, rest.data(), rest.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) throw SystemFailure("cannot write --report " + path, errno);
    rest.remove_prefix(static_cast<size_t>(written));
  }
}

}  // namespace caponier::tool
