// A Linux image [linux-arm64-boot] that asks the firmware interface to power the machine off: [psci] SYSTEM_OFF through HVC, which is
// where QEMU's virt machine has it at EL1.
.section .text, "ax"
.globl floor_entry
floor_entry:
  b 1f
  .long 0
  .quad 0             // text_offset
  .quad 4096          // image_size
  .quad (1 << 3) | 2  // place anywhere, 4 KiB pages
  .quad 0, 0, 0
  .ascii "ARM\x64"
  .long 0
1:
  mov w0, #0x0008
  movk w0, #0x8400, lsl #16
  hvc #0
