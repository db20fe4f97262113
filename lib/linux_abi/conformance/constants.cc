// Every constant against the kernel's headers, and against the C library's where the kernel has none.
// Must come first: after a header of the C library it defines nothing.
// clang-format off
#include <linux/stat.h>
// clang-format on

#include <asm/fcntl.h>
#include <asm/ioctls.h>
#include <asm/poll.h>
#include <asm/sigcontext.h>
#include <asm/siginfo.h>
#include <asm/termbits.h>
#include <dirent.h>
#include <linux/auxvec.h>
#include <linux/close_range.h>
#include <linux/eventpoll.h>
#include <linux/fadvise.h>
#include <linux/falloc.h>
#include <linux/fcntl.h>
#include <linux/fs.h>
#include <linux/futex.h>
#include <linux/inotify.h>
#include <linux/magic.h>
#include <linux/membarrier.h>
#include <linux/memfd.h>
#include <linux/mman.h>
#include <linux/openat2.h>
#include <linux/prctl.h>
#include <linux/random.h>
#include <linux/reboot.h>
#include <linux/resource.h>
#include <linux/rseq.h>
#include <linux/sched.h>
#include <linux/seccomp.h>
#include <linux/signal.h>
#include <linux/signalfd.h>
#include <linux/time.h>
#include <linux/timerfd.h>
#include <linux/wait.h>
#include <sys/eventfd.h>
#include <unistd.h>
#if defined(__x86_64__)
#include <asm/hwcap2.h>
#include <asm/prctl.h>
#include <asm/ucontext.h>
#else
#include <asm/hwcap.h>
#endif

#include "lib/linux_abi/auxv.h"
#include "lib/linux_abi/conformance/check.h"
#include "lib/linux_abi/event_flags.h"
#include "lib/linux_abi/file_flags.h"
#include "lib/linux_abi/memory_flags.h"
#include "lib/linux_abi/process_flags.h"
#include "lib/linux_abi/signal_numbers.h"
#include "lib/linux_abi/terminal_flags.h"

CHECK_ALL_CONSTANTS(CAPONIER_LINUX_AUXV)
CHECK_ALL_CONSTANTS(CAPONIER_LINUX_EVENT_FLAGS)
CHECK_ALL_CONSTANTS(CAPONIER_LINUX_FILE_FLAGS)
CHECK_ALL_CONSTANTS(CAPONIER_LINUX_MEMORY_FLAGS)
CHECK_ALL_CONSTANTS(CAPONIER_LINUX_PROCESS_FLAGS)
CHECK_ALL_CONSTANTS(CAPONIER_LINUX_SIGNAL_NUMBERS)
CHECK_ALL_CONSTANTS(CAPONIER_LINUX_TERMINAL_FLAGS)
