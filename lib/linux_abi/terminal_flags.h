// Terminals and ioctl(2): requests, and the mode bits of struct termios.
//
// Every constant keeps its Linux name behind a k. Each list below defines the constants, names them for traces (trace.h), and is
// checked, entry by entry and for both architectures, against the system's headers (conformance/).
#pragma once

#include "lib/linux_abi/constant.h"

// ioctl(2) requests that ordinary programs make.
#define CAPONIER_LINUX_IOCTLS(X) \
  X(TCGETS, 0x5401) \
  X(TCSETS, 0x5402) \
  X(TCSETSW, 0x5403) \
  X(TCSETSF, 0x5404) \
  X(TCSBRK, 0x5409) \
  X(TCXONC, 0x540a) \
  X(TCFLSH, 0x540b) \
  X(TIOCEXCL, 0x540c) \
  X(TIOCNXCL, 0x540d) \
  X(TIOCSCTTY, 0x540e) \
  X(TIOCGPGRP, 0x540f) \
  X(TIOCSPGRP, 0x5410) \
  X(TIOCOUTQ, 0x5411) \
  X(TIOCSTI, 0x5412) \
  X(TIOCGWINSZ, 0x5413) \
  X(TIOCSWINSZ, 0x5414) \
  X(FIONREAD, 0x541b) \
  X(FIONBIO, 0x5421) \
  X(TIOCNOTTY, 0x5422) \
  X(TIOCGSID, 0x5429) \
  X(TIOCGPTN, 0x80045430u) \
  X(TIOCSPTLCK, 0x40045431) \
  X(FIONCLEX, 0x5450) \
  X(FIOCLEX, 0x5451) \
  X(FIOASYNC, 0x5452) \
  X(FIOQSIZE, 0x5460) \
  X(FICLONE, 0x40049409)

// termios, c_iflag.
#define CAPONIER_LINUX_INPUT_MODES(X) \
  X(IGNBRK, 01) \
  X(BRKINT, 02) \
  X(IGNPAR, 04) \
  X(PARMRK, 010) \
  X(INPCK, 020) \
  X(ISTRIP, 040) \
  X(INLCR, 0100) \
  X(IGNCR, 0200) \
  X(ICRNL, 0400) \
  X(IUCLC, 01000) \
  X(IXON, 02000) \
  X(IXANY, 04000) \
  X(IXOFF, 010000) \
  X(IMAXBEL, 020000) \
  X(IUTF8, 040000)

// termios, c_oflag.
#define CAPONIER_LINUX_OUTPUT_MODES(X) \
  X(OPOST, 01) \
  X(OLCUC, 02) \
  X(ONLCR, 04) \
  X(OCRNL, 010) \
  X(ONOCR, 020) \
  X(ONLRET, 040) \
  X(OFILL, 0100) \
  X(OFDEL, 0200)

// termios, c_cflag.
#define CAPONIER_LINUX_CONTROL_MODES(X) \
  X(CSTOPB, 0100) \
  X(CREAD, 0200) \
  X(PARENB, 0400) \
  X(PARODD, 01000) \
  X(HUPCL, 02000) \
  X(CLOCAL, 04000)

// termios, c_cflag: the fields of the two lists below.
#define CAPONIER_LINUX_CONTROL_FIELDS(X) \
  X(CSIZE, 060) \
  X(CBAUD, 010017)

// The field CSIZE.
#define CAPONIER_LINUX_CHARACTER_SIZES(X) \
  X(CS5, 0) \
  X(CS6, 020) \
  X(CS7, 040) \
  X(CS8, 060)

// The field CBAUD.
#define CAPONIER_LINUX_BAUD_RATES(X) \
  X(B0, 0) \
  X(B9600, 015) \
  X(B19200, 016) \
  X(B38400, 017) \
  X(B57600, 010001) \
  X(B115200, 010002)

// termios, c_lflag.
#define CAPONIER_LINUX_LOCAL_MODES(X) \
  X(ISIG, 01) \
  X(ICANON, 02) \
  X(XCASE, 04) \
  X(ECHO, 010) \
  X(ECHOE, 020) \
  X(ECHOK, 040) \
  X(ECHONL, 0100) \
  X(NOFLSH, 0200) \
  X(TOSTOP, 0400) \
  X(ECHOCTL, 01000) \
  X(ECHOPRT, 02000) \
  X(ECHOKE, 04000) \
  X(FLUSHO, 010000) \
  X(PENDIN, 040000) \
  X(IEXTEN, 0100000) \
  X(EXTPROC, 0200000)

// termios, places in c_cc.
#define CAPONIER_LINUX_CONTROL_CHARACTERS(X) \
  X(VINTR, 0) \
  X(VQUIT, 1) \
  X(VERASE, 2) \
  X(VKILL, 3) \
  X(VEOF, 4) \
  X(VTIME, 5) \
  X(VMIN, 6) \
  X(VSWTC, 7) \
  X(VSTART, 8) \
  X(VSTOP, 9) \
  X(VSUSP, 10) \
  X(VEOL, 11) \
  X(VREPRINT, 12) \
  X(VDISCARD, 13) \
  X(VWERASE, 14) \
  X(VLNEXT, 15) \
  X(VEOL2, 16) \
  X(NCCS, 19)

// All of the above: only what stands here is defined, and everything that is defined is checked.
#define CAPONIER_LINUX_TERMINAL_FLAGS_ALL(X) \
  CAPONIER_LINUX_IOCTLS(X) \
  CAPONIER_LINUX_INPUT_MODES(X) \
  CAPONIER_LINUX_OUTPUT_MODES(X) \
  CAPONIER_LINUX_CONTROL_MODES(X) \
  CAPONIER_LINUX_CONTROL_FIELDS(X) \
  CAPONIER_LINUX_CHARACTER_SIZES(X) \
  CAPONIER_LINUX_BAUD_RATES(X) \
  CAPONIER_LINUX_LOCAL_MODES(X) \
  CAPONIER_LINUX_CONTROL_CHARACTERS(X)
#define CAPONIER_LINUX_TERMINAL_FLAGS_ALL_BY_ARCH(X)
#define CAPONIER_LINUX_TERMINAL_FLAGS_ALL_X86_64(X)
#define CAPONIER_LINUX_TERMINAL_FLAGS_ALL_AARCH64(X)

namespace caponier::linux_abi {
CAPONIER_LINUX_TERMINAL_FLAGS_ALL(CAPONIER_ABI_CONSTANT)
}  // namespace caponier::linux_abi
