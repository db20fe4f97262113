#include "tool/entropy/collect.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <functional>
#include <memory>
#include <thread>
#include <vector>

#include "lib/arch/arm_instructions.h"
#include "lib/arch/x86_instructions.h"
#include "lib/entropy/sources/cpu_instruction.h"
#include "lib/entropy/sources/timing_jitter.h"
#include "tool/failure.h"
#include "tool/install.h"
#include "tool/machine/launch.h"
#include "tool/order/boot_kernel.h"
#include "tool/pack/config.h"
#include "tool/pack/packer.h"

namespace caponier::tool::entropy {
namespace {

using namespace std::chrono_literals;
namespace noise = caponier::entropy;

constexpr u64 kMemoryBytes = 64 * kMiB;

// The samples' file, under another name until all are there, so that what stood in FILE before is not lost to a failure.
class SampleFile {
 public:
  explicit SampleFile(const std::string& path) : path_(path), work_(path + ".part") {
    file_ = UniqueFd(open(work_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0666));
    if (!file_) throw SystemFailure(path_, errno);
  }
  ~SampleFile() {
    if (!finished_) unlink(work_.c_str());
  }
  int fd() const { return file_.get(); }
  u64 bytes() const {
    struct stat status;
    return fstat(file_.get(), &status) == 0 ? static_cast<u64>(status.st_size) : 0;
  }
  void Append(Bytes samples) {
    while (!samples.empty()) {
      const ssize_t written = write(file_.get(), samples.data(), samples.size());
      if (written < 0 && errno == EINTR) continue;
      if (written <= 0) throw SystemFailure(path_, errno);
      samples = samples.subspan(static_cast<size_t>(written));
    }
  }
  void Finish() {
    if (rename(work_.c_str(), path_.c_str()) != 0) throw SystemFailure(path_, errno);
    finished_ = true;
  }

 private:
  std::string path_, work_;
  UniqueFd file_;
  bool finished_ = false;
};

// A line that is written over while samples come in; on a terminal only.
class Progress {
 public:
  Progress(const SampleFile& file, u64 wanted) {
    if (isatty(STDERR_FILENO) != 1) return;
    thread_ = std::thread([this, &file, wanted] {
      while (!ended_) {
        fmt::print(stderr, "\rcaponier: {} of {} samples", file.bytes(), wanted);
        std::this_thread::sleep_for(200ms);
      }
      std::fputs("\r\x1b[K", stderr);
    });
  }
  ~Progress() {
    ended_ = true;
    if (thread_.joinable()) thread_.join();
  }

 private:
  std::atomic<bool> ended_ = false;
  std::thread thread_;
};

// The next sample of a source of the host; empty when the host has no such source.
std::function<u8()> HostSource(const std::string& name) {
  if (name == noise::kTimingJitterProfile.name) {
    auto memory = std::make_shared<std::vector<u32>>(noise::TimingJitter<u64 (*)()>::kMemoryBytes / sizeof(u32));
    auto source = std::make_shared<noise::TimingJitter<u64 (*)()>>(arch::ReadFastClock);
    source->UseMemory(*memory);
    return [memory, source] { return static_cast<u8>(source->Sample().value_or(0)); };
  }
  std::optional<u64> (*read)() = nullptr;
#if defined(__x86_64__)
  const arch::X86Words words = arch::ReadX86Words();
  if (name == noise::kCpuSeedProfile.name && words.leaf7_ebx.Get<arch::CpuidLeaf7Ebx::Rdseed>()) read = arch::ExecuteRdseed;
  if (name == noise::kCpuRandomProfile.name && words.leaf1_ecx.Get<arch::CpuidLeaf1Ecx::Rdrand>()) read = arch::ExecuteRdrand;
#endif
  if (read == nullptr) return {};
  const noise::SourceProfile& profile = name == noise::kCpuSeedProfile.name ? noise::kCpuSeedProfile : noise::kCpuRandomProfile;
  auto source = std::make_shared<noise::CpuInstruction<std::optional<u64> (*)()>>(profile, read);
  return [source, word = u64{0}, left = 0]() mutable {
    if (left == 0) {
      const std::optional<u64> next = source->Sample();
      if (!next) throw Failure("the processor's random number instruction gives no numbers");
      word = *next;
      left = 8;
    }
    return static_cast<u8>(word >> (8 * (8 - left--)));
  };
}

void CollectOnHost(const CollectOptions& options, SampleFile& file) {
  const std::function<u8()> next = HostSource(options.source);
  if (!next)
    throw Failure(
        fmt::format("--source {}: not of this host, which has timing-jitter and what its processor offers of "
                    "cpu-seed and cpu-random; --arch reads a guest's",
                    options.source));
  std::vector<u8> block;
  for (u64 left = options.count; left > 0; left -= block.size()) {
    block.resize(std::min<u64>(left, 64 * kKiB));
    for (u8& sample : block) sample = next();
    file.Append(std::as_bytes(std::span(block)));
  }
}

void CollectInGuest(const CollectOptions& options, SampleFile& file) {
  const GuestConfig config{.exe = "/", .arguments = {"collect"}, .collect = fmt::format("{}:{}", options.source, options.count)};
  const Archive archive = PackArchive(EncodeConfig(config), FileSet());
  const order::BootKernel kernel = order::PrepareKernel(Install::FromSelf(), *options.arch, order::KernelOrder::kRandom,
                                                        RoomForKernel(*options.arch, kMemoryBytes, archive.size));
  MachineSpec spec{.arch = *options.arch,
                   .accelerator = options.accelerator,
                   .memory_bytes = kMemoryBytes,
                   .kernel = kernel.path,
                   .archive = archive.file.get(),
                   .kernel_file = kernel.file.get()};
  const UniqueFd null = OpenNull();
  for (u64 restart = 1; restart <= options.restarts; restart++) {
    Machine machine = StartMachine(spec);
    Session session(machine.process, std::move(machine.link), std::move(machine.console),
                    {.reword = order::RewordFor(kernel), .input = null.get(), .output = file.fd(), .errors = null.get()});
    const Outcome outcome = session.Run();
    if (outcome.exit.has_value() && outcome.exit->cause == link::ExitCause::kRefused)
      throw Failure(
          fmt::format("--source {}: not in this machine; the guests have timing-jitter, interrupt-timing, virtio-rng "
                      "and cpu-random (x86_64) or cpu-seed (aarch64)",
                      options.source));
    const bool whole = outcome.exit.has_value() && outcome.exit->cause == link::ExitCause::kExited && outcome.output_error == 0;
    if (!whole || file.bytes() != restart * options.count) {
      session.SayTails();
      throw Failure(fmt::format("the machine ended after {} of {} samples", file.bytes(), options.restarts * options.count));
    }
  }
}

}  // namespace

void Collect(const CollectOptions& options) {
  SampleFile file(options.output);
  {
    const Progress progress(file, options.count * options.restarts);
    if (options.arch.has_value()) {
      CollectInGuest(options, file);
    } else {
      CollectOnHost(options, file);
    }
  }
  file.Finish();
}

}  // namespace caponier::tool::entropy
