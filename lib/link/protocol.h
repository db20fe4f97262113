// The link: the one channel between the machine and the `caponier` tool that started it.
//
// It is a stream of frames over one virtio-serial port (number 1, QEMU's `virtserialport`, name "caponier.link"). A frame is a
// FrameHeader and `length` bytes. The machine sends the program's output, trace lines, its report and its exit; the tool sends
// input, and only as much as the machine asked for, so that an unread standard input never delays a signal behind it and the
// tool takes nothing from the terminal that the program does not read.
//
// Neither side trusts the other: an unknown type or a length over kMaxPayload ends the run with one clear line.
#pragma once

#include "lib/base/bytes.h"

namespace caponier::link {

inline constexpr u32 kPortNumber = 1;
inline constexpr u32 kMaxPayload = 64 * kKiB;  // bytes in a frame after its header

enum class FrameType : u8 {
  // machine -> tool
  kStdout = 1,     // bytes of the program's standard output
  kStderr = 2,     // bytes of the program's standard error
  kTrace = 3,      // whole lines for standard error, as strace prints them, each with its newline
  kMessage = 4,    // one line for standard error; the tool puts "caponier: " before it and a newline after it
  kReport = 5,     // the next part of the report: the parts joined are one JSON object (UTF-8)
  kExit = 6,       // ExitRecord; nothing follows it
  kWantInput = 7,  // Le32: the most bytes of standard input that the program waits for; answered by one kInput frame
  kTerminal = 8,   // TerminalRecord: the program changed its terminal's modes
  kCrash = 9,      // text of a crash report, whole lines; the tool prints it to standard error as it is
  kSeed = 10,      // kSeedBytes drawn for the launcher's seed file, at the end of a run that has one
  kTables = 11,    // TablesRecord: the answer to kAudit
  // tool -> machine
  kInput = 64,         // bytes of standard input; an empty frame is its end
  kSignal = 65,        // Le32: a Linux signal number for the program (SIGINT from Ctrl-C, SIGTERM, SIGWINCH, ...)
  kOutputClosed = 66,  // Le32: 1 or 2, the stream whose reader has gone: further writes get EPIPE
  kWindowSize = 67,    // WindowSize
  kAudit = 68,         // empty: walk the page tables; what must not be in them ends the machine
};

inline constexpr size_t kSeedBytes = 64;  // of a seed file

struct FrameHeader {
  FrameType type;
  u8 reserved[3] = {};
  Le32 length;  // bytes that follow
};
static_assert(sizeof(FrameHeader) == 8);

enum class ExitCause : u8 {
  kExited = 0,         // status is the program's exit status, 0 to 255
  kSignaled = 1,       // status is the signal number
  kKernelPanic = 2,    // the machine itself failed
  kRefused = 3,        // the machine would not start the program (no randomness, not enough memory); a kMessage says why
  kNotExecutable = 4,  // the program could not be loaded; a kMessage says why
  kNotFound = 5,       // the program is not in the machine's file system
};

struct ExitRecord {
  ExitCause cause;
  u8 reserved[3] = {};
  Le32 status;
};
static_assert(sizeof(ExitRecord) == 8);

struct TerminalRecord {
  u8 echo;       // 1: the terminal shows what is typed
  u8 canonical;  // 1: input comes a line at a time
  u8 signals;    // 1: Ctrl-C and Ctrl-\ become signals
  u8 reserved = 0;
};

struct WindowSize {
  Le16 rows, columns;
};

// What the machine's walk of its live page tables met.
struct TablesRecord {
  Le32 tables, kernel_pages, program_pages;
};
static_assert(sizeof(TablesRecord) == 12);

// The machine's configuration: the archive's first entry, named kConfigName, which the machine removes from its files. It is a
// sequence of records "key=value" each ended by a NUL; keys may repeat where noted; an unknown key is refused by name.
//   exe=PATH        the program's absolute path in the machine       arg=TEXT    repeated: argv, argv[0] first
//   env=K=V         repeated: the environment                        workdir=PATH
//   epoch_ns=N      real time at launch, nanoseconds since 1970       tty=DIGITS  which of descriptors 0 1 2 are terminals ("012")
//   window=RxC      the terminal's size                              trace=0|1
//   report=0|1      send the report at exit                          hostname=NAME
//   layout=scatter|off     wx=strict|allow-jit|off      tagging=sync|async|asymm|off     heap=tagged|libc
//   kernel_heap=plain|record
//   seed=HEX        what the launcher's seed file held: mixed in, never credited
//   seed_file=0|1   send kSeed at exit
//   collect=NAME:N  send N raw samples of this source of randomness instead of running a program
inline constexpr char kConfigName[] = ".caponier/config";

}  // namespace caponier::link
