#include "tool/check.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <map>
#include <memory>
#include <set>

#include "tool/host/elf_file.h"
#include "tool/pack/guest_plan.h"
#include "tool/scan/implemented.h"
#include "tool/scan/object.h"

namespace caponier::tool {
namespace {

bool IsCLibrary(std::string_view path) {
  const std::string_view name = BaseName(path);
  return name == "libc.so.6" || name.starts_with("libpthread.so") || name.starts_with("libc.musl-") || name.starts_with("ld-");
}

// The files that a run of the program maps: itself, its interpreter and its libraries.
struct Scanned {
  std::string path;
  std::unique_ptr<MappedFile> file;
  std::unique_ptr<ScannedObject> object;
};

std::vector<Scanned> ScanObjects(const GuestPlan& plan) {
  std::vector<Scanned> objects;
  std::set<std::string> seen;
  for (const std::string& host_path : plan.objects) {
    if (!seen.insert(host_path).second) continue;
    auto file = std::make_unique<MappedFile>(host_path);
    auto object = std::make_unique<ScannedObject>(file->bytes(), plan.arch, host_path);
    objects.push_back({host_path, std::move(file), std::move(object)});
  }
  return objects;
}

struct Gathered {
  CodeFacts code;
  std::set<u32> own_numbers;      // those of them outside the C library
  std::set<std::string> imports;  // functions that its objects other than the C library ask for by name
};

// The C library offers every system call, so of it only what the others ask for by name counts; of the rest, all their code.
Gathered Gather(const std::vector<Scanned>& objects) {
  Gathered all;
  const auto add = [&](CodeFacts facts) {
    all.code.numbers.merge(facts.numbers);
    all.code.unknown_numbers += facts.unknown_numbers;
  };
  for (const Scanned& each : objects) {
    if (!IsCLibrary(each.path)) {
      add(each.object->ScanAll());
      all.imports.insert(each.object->imports().begin(), each.object->imports().end());
    }
  }
  all.own_numbers = all.code.numbers;
  std::set<std::string> wanted = all.imports;
  wanted.insert({"__libc_start_main", "exit", "_exit", "malloc", "free"});
  for (const Scanned& each : objects) {
    if (IsCLibrary(each.path)) add(each.object->ScanFrom(wanted));
  }
  return all;
}

// How a program asks its C library for another process. The library then makes a call that the machine has, of a kind that it has not.
constexpr std::string_view kStarters[] = {"fork", "_Fork", "vfork", "posix_spawn", "posix_spawnp", "popen", "system"};
constexpr std::string_view kOtherPrograms = "starting other programs";

// The C library connects to the system's log and to its cache of names by itself, from depths that every program can reach.
constexpr std::string_view kNetwork = "the network", kOnlyInLibrary = "the C library's log and cache of names";

// What it means to a program that a call is missing, for the calls that make whole features.
std::string_view FeatureOf(std::string_view call) {
  static const std::map<std::string_view, std::string_view> kFeatures = {
      {"fork", kOtherPrograms},
      {"vfork", kOtherPrograms},
      {"execve", kOtherPrograms},
      {"execveat", kOtherPrograms},
      {"wait4", kOtherPrograms},
      {"waitid", kOtherPrograms},
      {"socket", kNetwork},
      {"connect", kNetwork},
      {"bind", kNetwork},
      {"listen", kNetwork},
      {"accept", kNetwork},
      {"accept4", kNetwork},
      {"sendto", kNetwork},
      {"recvfrom", kNetwork},
      {"sendmsg", kNetwork},
      {"recvmsg", kNetwork},
      {"sendmmsg", kNetwork},
      {"recvmmsg", kNetwork},
      {"setsockopt", kNetwork},
      {"getsockopt", kNetwork},
      {"getsockname", kNetwork},
      {"getpeername", kNetwork},
      {"shutdown", kNetwork},
      {"socketpair", kNetwork},
      {"mount", "administering a system"},
      {"umount2", "administering a system"},
      {"ptrace", "debugging other programs"},
  };
  const auto found = kFeatures.find(call);
  return found == kFeatures.end() ? "other calls" : found->second;
}

// Whether the program asks for the network, rather than only its C library.
bool AsksForNetwork(const Gathered& gathered, Arch arch) {
  for (const u32 number : gathered.own_numbers) {
    const auto call = LookUpCall(arch, number);
    if (call.has_value() && FeatureOf(call->name) == kNetwork) return true;
  }
  return std::ranges::any_of(gathered.imports, [](const std::string& name) {
    return FeatureOf(name) == kNetwork || name == "getaddrinfo" || name == "getnameinfo" || name.starts_with("gethostby") ||
           name.starts_with("res_") || name.starts_with("__res_");
  });
}

std::string Joined(const std::vector<std::string_view>& names) { return fmt::format("{}", fmt::join(names, " ")); }

}  // namespace

int Check(const CheckOptions& options) {
  RunOptions run;
  run.arch = options.arch;
  run.sysroot = options.sysroot;
  run.program = {options.program};
  const GuestPlan plan = PlanGuest(run, CurrentSurroundings());
  const std::vector<Scanned> objects = ScanObjects(plan);
  const Gathered gathered = Gather(objects);
  const bool network = AsksForNetwork(gathered, plan.arch);

  std::vector<std::string_view> present;
  std::map<std::string_view, std::vector<std::string_view>> missing;
  for (const u32 number : gathered.code.numbers) {
    const auto call = LookUpCall(plan.arch, number);
    if (!call.has_value()) continue;
    if (call->implemented) {
      present.push_back(call->name);
    } else {
      const std::string_view feature = FeatureOf(call->name);
      missing[feature == kNetwork && !network ? kOnlyInLibrary : feature].push_back(call->name);
    }
  }
  for (const std::string_view name : kStarters) {
    if (!gathered.imports.contains(std::string(name))) continue;
    auto& calls = missing[kOtherPrograms];
    if (std::ranges::find(calls, name) == calls.end()) calls.push_back(name);
  }
  std::sort(present.begin(), present.end());
  fmt::print("{}: an ELF program for {}{}\n", plan.exe, NameOf(plan.arch), objects.size() == 1 ? ", static" : "");
  for (size_t i = 1; i < objects.size(); i++) fmt::print("  found    {}\n", objects[i].path);
  fmt::print("  calls    {} system calls that the machine has\n", present.size());
  if (options.verbose) fmt::print("           {}\n", Joined(present));
  for (const auto& [feature, calls] : missing) {
    const bool sockets = std::ranges::find(calls, "socket") != calls.end();
    fmt::print("  without  {}: {} ({})\n", feature, Joined(calls), sockets ? "EAFNOSUPPORT" : "ENOSYS");
  }
  if (gathered.code.unknown_numbers != 0)
    fmt::print("  unknown  {} calls with a number made at run time\n", gathered.code.unknown_numbers);
  fmt::print("  verdict  it can run{}\n", missing.empty() ? "" : ", and what it would do with the calls above fails");
  fmt::print("Read off its code: calls through pointers are not followed, and code that is never reached counts.\n");
  return options.strict && !missing.empty() ? 1 : 0;
}

}  // namespace caponier::tool
