// Entered by the PVH protocol [xen-pvh] in 32-bit mode. A byte written to the isa-debug-exit device at port 0xf4 ends the emulator.
.section .text, "ax"
.code32
.globl floor_entry
floor_entry:
  outb %al, $0xf4

.section .note, "a", @note
  .long 4, 4, 18  // name and description sizes; XEN_ELFNOTE_PHYS32_ENTRY
  .asciz "Xen"
  .long floor_entry
