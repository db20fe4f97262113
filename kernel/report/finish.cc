// The end of a run: the report, the exit record, power off.
#include "kernel/boot/stage1.h"
#include "kernel/drivers/link.h"
#include "kernel/mm/frames.h"
#include "kernel/random/random.h"
#include "kernel/random/seed_file.h"
#include "kernel/report/run_report.h"
#include "kernel/sched/thread.h"
#include "kernel/syscall/dispatch.h"

namespace caponier::report {
namespace {

bool g_wanted;
Phases g_phases;

// Report text in frames of a page or so.
class ReportSink final : public TextSink {
 public:
  ~ReportSink() { Flush(); }
  void Write(std::string_view text) override {
    for (const char c : text) {
      if (used_ == sizeof(buffer_)) Flush();
      buffer_[used_++] = c;
    }
  }
  void Flush() {
    if (used_ != 0) drivers::link::SendReport({buffer_, used_});
    used_ = 0;
  }

 private:
  char buffer_[2048];
  size_t used_ = 0;
};

struct ListContext {
  TextSink& sink;
  bool first = true;
};

void WriteReport(const sched::Process& process) {
  ReportSink sink;
  const u64 now = arch::CycleCounter();
  const arch::ClockScale scale = arch::CounterScale();
  const auto ns = [&](u64 from, u64 to) { return scale.Nanoseconds(to - from); };
  const boot::BootInfo& info = boot::g_handoff.info;
  Format(sink,
         "{{\"phases_ns\":{{\"start_to_entry\":{},\"entry_to_seeded\":{},\"seeded_to_paging\":{},\"paging_to_link_asked\":{},"
         "\"link_asked_to_link_open\":{},\"link_open_to_kernel_ready\":{},\"kernel_ready_to_program\":{},\"program\":{}}},",
         ns(0, info.entry_counter), ns(info.entry_counter, info.seeded_counter), ns(info.seeded_counter, g_phases.kernel_entry),
         ns(g_phases.kernel_entry, g_phases.link_asked), ns(g_phases.link_asked, g_phases.link_open),
         ns(g_phases.link_open, g_phases.kernel_ready), ns(g_phases.kernel_ready, g_phases.program_entry),
         ns(g_phases.program_entry, now));
  Format(sink, "\"random\":");
  kernel::random::Describe(sink);
  Format(sink,
         ",\"memory\":{{\"total_kib\":{},\"free_kib\":{},\"program_resident_kib\":{},\"page_tables_kib\":{},\"mappings\":{}}},"
         "\"mitigations\":{{",
         mm::TotalFrames() * 4, mm::FreeFrames() * 4, process.memory->resident_pages() * 4, mm::PageTableFrames() * 4,
         process.memory->mappings().size());
  ListContext list{sink};
  arch::DescribeProtections(
      [](void* context, std::string_view name, std::string_view state) {
        auto* out = static_cast<ListContext*>(context);
        Format(out->sink, "{}\"{}\":\"{}\"", out->first ? "" : ",", name, state);
        out->first = false;
      },
      &list);
  const mm::Policy policy = process.memory->policy();
  Format(sink, ",\"wx\":\"{}\",\"layout\":\"{}\"}},\"missing_system_calls\":[",
         policy.wx == mm::WxPolicy::kStrict     ? "strict"
         : policy.wx == mm::WxPolicy::kAllowJit ? "allow-jit"
                                                : "off",
         policy.layout == mm::LayoutPolicy::kScatter ? "scatter" : "off");
  list.first = true;
  syscall::ForEachMissing(
      [](void* context, const syscall::Missing& missing) {
        auto* out = static_cast<ListContext*>(context);
        Format(out->sink, "{}{{\"number\":{},\"name\":\"{}\",\"count\":{}}}", out->first ? "" : ",", missing.number, missing.name,
               missing.count);
        out->first = false;
      },
      &list);
  Format(sink, "],\"exit\":{{\"status\":{},\"signal\":{}}}}}", process.exit_status, process.exit_signal);
}

// A program that failed may have failed for want of a right that its run could have had.
void SayWhatWasRefused(const sched::Process& process) {
  if (!process.memory->refused_code() || (process.exit_signal == 0 && process.exit_status == 0)) return;
  drivers::link::SendMessage(
      process.memory->policy().wx == mm::WxPolicy::kStrict
          ? "the program was refused code in memory that it can write (--wx strict); some engines need --wx allow-jit or off"
          : "the program was refused memory both writable and executable (--wx allow-jit); some engines need --wx off");
}

}  // namespace

Phases& RunPhases() { return g_phases; }
void WantReport(bool wanted) { g_wanted = wanted; }

void Refuse(link::ExitCause cause, std::string_view why) {
  drivers::link::SendMessage(why);
  drivers::link::SendExit(cause, 0);
  arch::PowerOff();
}

}  // namespace caponier::report

namespace caponier {

void sched::OnProcessEnd(const Process& process) {
  kernel::random::SendNextSeed();
  report::SayWhatWasRefused(process);
  if (report::g_wanted) report::WriteReport(process);
  if (process.exit_signal != 0) {
    drivers::link::SendExit(link::ExitCause::kSignaled, static_cast<u32>(process.exit_signal));
  } else {
    drivers::link::SendExit(link::ExitCause::kExited, process.exit_status & 0xff);
  }
  arch::PowerOff();
}

}  // namespace caponier
