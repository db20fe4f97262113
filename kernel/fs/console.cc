#include "kernel/fs/console.h"

#include "kernel/fs/context.h"
#include "kernel/fs/devices.h"
#include "kernel/fs/file_systems.h"
#include "kernel/fs/open_how.h"
#include "kernel/sched/thread.h"
#include "lib/linux_abi/file_flags.h"
#include "lib/linux_abi/terminal_flags.h"
#include "lib/linux_abi/types.h"

namespace caponier::fs {
namespace {

using namespace linux_abi;

// One of the streams that is no terminal, or the terminal, which is all of the streams that are.
class ConsoleInode final : public Inode {
 public:
  ConsoleInode(FileSystem& file_system, ConsoleBackend& backend, int stream, bool terminal)
      : Inode(file_system, terminal ? InodeType::kCharacter : InodeType::kFifo, terminal ? 0620 : 0600),
        backend_(backend),
        stream_(stream),
        terminal_(terminal) {
    if (terminal) special = linux_abi::MakeDevice(5, 1);
  }
  Result<Ref<File>> Open(const OpenHow& how, Location where) override;
  ConsoleBackend& backend() { return backend_; }
  int stream() const { return stream_; }
  bool terminal() const { return terminal_; }

  Termios modes{
      .iflag = kICRNL | kIXON | kIUTF8,
      .oflag = kOPOST | kONLCR,
      .cflag = kB38400 | kCS8 | kCREAD,
      .lflag = kISIG | kICANON | kECHO | kECHOE | kECHOK | kECHOCTL | kECHOKE | kIEXTEN,
      .line = 0,
      // ^C ^\ DEL ^U ^D, no timeout, one byte, -, ^Q ^S ^Z -, ^R ^O ^W ^V
      .cc = {3, 28, 127, 21, 4, 0, 1, 0, 17, 19, 26, 0, 18, 15, 23, 22, 0, 0, 0},
  };

 private:
  ConsoleBackend& backend_;
  int stream_;
  bool terminal_;
};

class OpenConsole final : public File {
 public:
  // `stream`: where writes go.
  OpenConsole(Ref<ConsoleInode> node, int stream) : node_(std::move(node)), stream_(stream) {}
  Result<u64> Read(mm::IoBuffer& to, u64 offset) override;
  Result<u64> Write(mm::IoBuffer& from, u64 offset) override;
  PollEvents Poll(PollRegistrar& registrar) override;
  Result<i64> Control(u32 request, u64 argument) override;

 private:
  bool raw() const { return node_->terminal() && (node_->modes.lflag & kICANON) == 0; }
  Result<i64> SetModes(u64 argument);

  Ref<ConsoleInode> node_;
  int stream_;
};

Result<Ref<File>> ConsoleInode::Open(const OpenHow& how, Location where) {
  if (!terminal_ && (stream_ == 0 ? how.write : how.read)) return Error::kAccessDenied;
  auto file = TRY(MakeRef<OpenConsole>(Ref<ConsoleInode>::Share(this), stream_ == 0 ? 1 : stream_));
  file->set_where(std::move(where));
  return Ref<File>(std::move(file));
}

Result<u64> OpenConsole::Read(mm::IoBuffer& to, u64) {
  if (to.remaining() == 0) return 0;
  // A raw terminal with VMIN 0 waits VTIME tenths of a second and then says 0 [termios(3)].
  const bool impatient = raw() && node_->modes.cc[kVMIN] == 0;
  const u64 deadline = impatient ? arch::NowNs() + node_->modes.cc[kVTIME] * u64{100'000'000} : sched::kForever;
  for (;;) {
    const auto got = node_->backend().ReadInput(to);
    if (got.ok() || got.error() != Error::kWouldBlock) return got;
    if (nonblocking()) return Error::kWouldBlock;
    const auto waited = sched::WaitOn(node_->backend().input_queue(), deadline, sched::Interruptible::kYes);
    if (!waited.ok()) {
      if (waited.error() == Error::kTimedOut) return 0;
      return waited.error();
    }
  }
}

Result<u64> OpenConsole::Write(mm::IoBuffer& from, u64) {
  u64 done = 0;
  while (from.remaining() != 0) {
    const auto taken = node_->backend().WriteOutput(stream_, from, nonblocking());
    if (!taken.ok()) {
      if (done != 0) break;
      return taken.error();
    }
    done += taken.value();
  }
  return done;
}

PollEvents OpenConsole::Poll(PollRegistrar& registrar) {
  ConsoleBackend& backend = node_->backend();
  PollEvents events = 0;
  if (readable()) {
    registrar.WaitFor(backend.input_queue());
    if (backend.InputReady()) {
      const bool ended = backend.InputEnded();
      if (backend.InputBytes() != 0 || node_->terminal() || !ended) events |= kPollIn;
      if (ended) events |= kPollHangup;
    }
  }
  if (writable()) {
    registrar.WaitFor(backend.output_queue());
    if (backend.OutputReady(stream_)) events |= kPollOut;
    if (backend.OutputClosed(stream_)) events |= node_->terminal() ? kPollError | kPollHangup : kPollError;
  }
  return events;
}

Result<i64> OpenConsole::SetModes(u64 argument) {
  const Termios wanted = TRY(mm::ReadUser<Termios>(argument));
  node_->modes = wanted;
  node_->backend().SetTerminalModes(
      {.echo = (wanted.lflag & kECHO) != 0, .canonical = (wanted.lflag & kICANON) != 0, .signals = (wanted.lflag & kISIG) != 0});
  return 0;
}

Result<i64> OpenConsole::Control(u32 request, u64 argument) {
  if (request == kFIONREAD && readable()) {
    TRY(mm::WriteUser<i32>(argument, static_cast<i32>(node_->backend().InputBytes())));
    return 0;
  }
  if (!node_->terminal()) return Error::kNotATerminal;
  const i32 group = sched::CurrentProcess().pid;
  switch (request) {
    case kTCGETS: TRY(mm::WriteUser(argument, node_->modes)); return 0;
    case kTCSETS:
    case kTCSETSW:
    case kTCSETSF: return SetModes(argument);
    case kTIOCGWINSZ: {
      const TerminalSize size = node_->backend().terminal_size();
      TRY(mm::WriteUser(argument, Winsize{.row = size.rows, .col = size.columns, .xpixel = 0, .ypixel = 0}));
      return 0;
    }
    case kTIOCGPGRP:
    case kTIOCGSID: TRY(mm::WriteUser(argument, group)); return 0;
    case kTIOCSPGRP: {
      if (TRY(mm::ReadUser<i32>(argument)) != group) return Error::kNotPermitted;
      return 0;
    }
    case kTIOCOUTQ: TRY(mm::WriteUser<i32>(argument, 0)); return 0;
    case kTCSBRK:
    case kTCXONC:
    case kTCFLSH:
    case kTIOCSCTTY:
    case kTIOCEXCL:
    case kTIOCNXCL: return 0;
    default: return Error::kNotATerminal;
  }
}

}  // namespace

Result<void> MakeStandardFiles(Context& context, ConsoleBackend& backend, u32 terminals) {
  Ref<ConsoleInode> terminal;
  Location terminal_place;
  if ((terminals & 7) != 0) {
    terminal = TRY(MakeRef<ConsoleInode>(DeviceFileSystem(), backend, 1, true));
    terminal_place = TRY(PlaceTerminal(terminal));
  }
  for (int descriptor = 0; descriptor < 3; descriptor++) {
    Ref<ConsoleInode> node = terminal;
    Location where = terminal_place;
    u32 access = kO_RDWR;
    if ((terminals >> descriptor & 1) == 0) {
      node = TRY(MakeRef<ConsoleInode>(PipeFileSystem(), backend, descriptor, false));
      where = Location{};
      where.inode = node;
      access = descriptor == 0 ? kO_RDONLY : kO_WRONLY;
    }
    Ref<File> file = TRY(MakeRef<OpenConsole>(node, descriptor == 0 ? 1 : descriptor));
    file->set_where(std::move(where));
    file->set_status_flags(access);
    TRY(context.InstallAt(descriptor, std::move(file), false));
  }
  return {};
}

}  // namespace caponier::fs
