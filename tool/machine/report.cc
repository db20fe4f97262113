#include "tool/machine/report.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <nlohmann/json.hpp>

#include "tool/command_line.h"
#include "tool/failure.h"
#include "tool/json_text.h"
#include "tool/machine/process.h"

namespace caponier::tool {
namespace {

using nlohmann::ordered_json;

std::string QemuVersion(Arch arch) try {
  constexpr size_t kMost = 255;
  std::string text;
  if (!Process::Spawn({QemuProgram(arch), "--version"}, {}).Collect(text, kMost, Clock::now() + std::chrono::seconds(10)))
    return "unknown";
  text.resize(std::min(text.find('\n'), text.size()));
  return text.empty() ? "unknown" : text;
} catch (const Failure&) {
  return "unknown";
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
  return JsonText(report);
}

UniqueFd OpenReport(const std::string& path) {
  UniqueFd file(open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC | O_NONBLOCK | O_NOCTTY, 0666));
  struct stat status;
  if (!file && errno == ENXIO && stat(path.c_str(), &status) == 0 && !S_ISCHR(status.st_mode))
    throw Failure(fmt::format("cannot write --report {}: nobody reads this pipe or socket", path));
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
