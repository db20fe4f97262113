# Run by gdb: it knows the machine from outside, waits for guest/attacks/with_debugger.c, commits one crime ($CRIME), and prints how it went:
#   returned VALUE       the kernel did what it was made to do
#   went on              the program was let go on with what it was given
#   ended                the machine stopped itself
# A crime named `..., unprotected` first takes away the protection, in the page tables, from outside: the negative control.
import contextlib
import os
import re
import struct
import time

import gdb

ARM = os.environ["ARCH"] == "aarch64"
UNPROTECTED = os.environ["CRIME"].endswith("unprotected")
CRIME = os.environ["CRIME"].split(",")[0]
SYMBOLS = {line.split(" ", 2)[2].strip(): int(line.split(" ", 1)[0], 16) for line in open(os.environ["SYMBOLS"])}
BOX = ["errand", "address", "worked", "function", "buffer", "value"]
ERRANDS = {"read": 1, "write": 2, "execute": 3, "getppid": 4, "uname": 5, "input": 6, "privileged": 7, "two threads": 8, "timer": 9, "fresh page": 10, "sleep": 11, "threads in turn": 12}
ARGUMENTS = ["x0", "x1", "x2", "x3", "x4"] if ARM else ["rdi", "rsi", "rdx", "rcx", "r8"]
RESULT = "x0" if ARM else "rax"
SAVED = [f"x{i}" for i in range(31)] + ["sp", "pc"] if ARM else "rax rbx rcx rdx rsi rdi rbp rsp r8 r9 r10 r11 r12 r13 r14 r15 rip".split()
RETURN = bytes.fromhex("c0035fd6" if ARM else "c3")
READ_SHADOW, DROP_SHADOW = "5e8e5ff8", "522200d1"  # ldr x30, [x18, #-8]! and sub x18, x18, #8
RETURN_ZERO = bytes.fromhex("5f2403d5 000080d2 c0035fd6" if ARM else "31c0 c3")  # with a landing pad where the processor wants one


class Ended(Exception):
    pass


def run(command):
    return gdb.execute(command, to_string=True)


def reg(name):
    value = gdb.parse_and_eval("$" + name)
    if value.type.code == gdb.TYPE_CODE_VOID:  # QEMU before 8 names some registers without their level
        value = gdb.parse_and_eval("$" + name.removesuffix("_EL1"))
    return int(value) & (1 << 64) - 1


def set_reg(name, value):
    run(f"set ${name} = {value - (1 << 64) if value >> 63 else value}")


def read(address, size):
    return bytes(gdb.selected_inferior().read_memory(address, size))


def write(address, data):
    gdb.selected_inferior().write_memory(address, data)


def word(address):
    return struct.unpack("<Q", read(address, 8))[0]


def put_word(address, value):
    write(address, struct.pack("<Q", value))


def go_on():
    try:
        run("continue")
    except gdb.error:
        raise Ended from None
    if not gdb.selected_inferior().threads():
        raise Ended


def go_to(address):
    run(f"hbreak *{address:#x}")
    go_on()
    run("delete")


def find_box():
    """Attaches until the program stands in its loop: where its box is."""
    magic, box = ("x1", "x0") if ARM else ("rbx", "rdi")
    for _ in range(50):
        run("target remote " + os.environ["GDB_SOCKET"])
        if reg("pc") < 1 << 48 and reg(magic) == 0xCA90B0C5:
            return reg(box)
        run("detach")
        time.sleep(0.1)
    raise gdb.GdbError("the program is not in its loop")


def table(name):
    """Base of the descriptor table of that name."""
    return int(re.search(name + r"=\s*([0-9a-f]+)", run("monitor info registers")).group(1), 16)


def gate(number):
    low, middle, high = struct.unpack("<H4xHI", read(table("IDT") + 16 * number, 12))
    return low | middle << 16 | high << 32


def kernel_base():
    return reg("VBAR_EL1") - SYMBOLS["exception_vectors"] if ARM else gate(0) - SYMBOLS["VectorTable"]


def box_at(name):
    return box + 8 * BOX.index(name)


def kernel(name):
    return base + SYMBOLS[name]


@contextlib.contextmanager
def physical():
    """What is read and written meanwhile is physical memory."""
    run("maintenance packet Qqemu.PhyMemMode:1")
    try:
        yield
    finally:
        run("maintenance packet Qqemu.PhyMemMode:0")


def read_physical(page):
    with physical():
        return read(page, 4096)


PHYSICAL = 0xFFFFFFFFF000  # the bits of an entry that say where


def levels():
    return 5 if not ARM and reg("cr4") & 1 << 12 else 4  # LA57


def walk(address):
    """The level of each page-table entry on the way to the page, and where it stands in physical memory."""
    entry = reg("TTBR1_EL1" if address >> 63 else "TTBR0_EL1") if ARM else reg("cr3")
    for level in reversed(range(levels())):
        at = (entry & PHYSICAL) + 8 * (address >> 12 + 9 * level & 511)
        yield level, at
        entry = word(at)


def change_entries(address, change):
    """Applies change(entry, is_leaf) to each page-table entry on the way to the page; the page's frame."""
    with physical():
        for level, at in walk(address):
            entry = word(at)
            put_word(at, change(entry, level == 0))
    return entry & PHYSICAL


def entry_at(address):
    """Where the page's entry stands in its leaf table, which must be there."""
    with physical():
        for level, at in walk(address):
            if level and not word(at) & 1:
                raise gdb.GdbError("no leaf table")
    return at


def borrow_lower_half(root):
    """The first entry of another root for the lower half, in place of the present one's."""
    with physical():
        put_word(reg("TTBR0_EL1") & PHYSICAL, word(root))


def open_to_program(entry, leaf):
    if ARM:
        return entry & ~(1 << 54) | 1 << 6 if leaf else entry & ~(3 << 60)  # UXN off, EL0 access; UXNTable, APTable off
    return entry | 4


def open_data_to_program(entry, leaf):
    if ARM:
        return entry | 1 << 6 if leaf else entry & ~(1 << 61)  # EL0 access; APTable off
    return entry | 4


def open_to_kernel(entry, leaf):
    return entry & ~(1 << 53) if leaf else entry & ~(1 << 59)  # PXN, PXNTable


def make_writable(entry, leaf):
    if ARM:
        return entry & ~(1 << 7) | 1 << 53 if leaf else entry  # read-only off; code that can be written does not run (WXN)
    return entry | 2


def make_executable(entry, leaf):
    if ARM:
        return entry & ~(1 << 53) | 1 << 7 if leaf else entry  # PXN off, read-only on for WXN
    return entry & ~(1 << 63)


def enter_kernel(errand, at):
    put_word(box_at("errand"), ERRANDS[errand])
    if at == WAIT:  # the kernel's code can be read in the kernel only
        go_to(kernel(ENTRY))
        scheduler = kernel("caponier::sched::Schedule()")
        return go_to(scheduler + read(scheduler, 4096).index(bytes.fromhex("7f2003d5")))
    go_to(kernel(at))
    while at == FAULT and reg("SPSR_EL1") & 4 == 0:  # the program's own
        go_to(kernel(at))


def call(function, *arguments):
    """Has the kernel call a function where it stands; its result."""
    saved = {name: reg(name) for name in SAVED}
    back = saved["pc"] if ARM else saved["rip"]
    for name, value in zip(ARGUMENTS, arguments):
        set_reg(name, value)
    if ARM:
        set_reg("x30", back)
        set_reg("pc", function)
    else:
        stack = (saved["rsp"] - 256 & ~15) - 8
        put_word(stack, back)
        set_reg("rsp", stack)
        set_reg("rip", function)
    go_to(back)
    result = reg(RESULT)
    for name, value in saved.items():
        set_reg(name, value)
    return result


ENTRY = "HandleUserSync" if ARM else "SyscallTrap"
ALLOCATE, FREE = "operator new(unsigned long, std::nothrow_t const&)", "caponier::mm::Free(void*)"


def commit_by_program():
    """The program itself uses a true address of the kernel, or an instruction that is the kernel's."""
    target = kernel("__stack_chk_guard")
    if CRIME == "execute":
        page = kernel("__stack_chk_fail") & ~4095  # which nobody runs: a page that is the program's, the kernel itself may not run (SMEP)
        target = page + read_physical(change_entries(page, lambda entry, _: entry)).index(RETURN)
    if UNPROTECTED and CRIME == "privileged":
        set_reg("eflags", reg("eflags") | 0x3000)  # IOPL 3
    elif UNPROTECTED:
        change_entries(target, open_to_program)
    put_word(box_at("address"), target)
    put_word(box_at("errand"), ERRANDS[CRIME])
    go_on()


def disarm_calls(function):
    """Takes the jumps to the compiler's trap of a checked call [clang-cfi] out of a function."""
    end = min(address for address in SYMBOLS.values() if base + address > function) + base
    code = read(function, end - function)
    if ARM:
        words = [word for (word,) in struct.iter_unpack("<I", code)]
        traps = {4 * i for i, word in enumerate(words) if word == 0xD4200000 | 0x5502 << 5}
        for i, word in enumerate(words):
            if word >> 24 == 0x54 or word & 0x7E000000 == 0x34000000:  # B.cond, CBZ, CBNZ
                distance = (word >> 5 & 0x7FFFF ^ 1 << 18) - (1 << 18)
            elif word & 0x7E000000 == 0x36000000:  # TBZ, TBNZ
                distance = (word >> 5 & 0x3FFF ^ 1 << 13) - (1 << 13)
            else:
                continue
            if 4 * (i + distance) in traps:
                write(function + 4 * i, bytes.fromhex("1f2003d5"))
                traps.add("met")
    else:
        traps = {match.start() for match in re.finditer(b"\x67\x0f\xb9\x40\x02", code)}
        for match in re.finditer(b"[\x70-\x7f](?=.)|\x0f[\x80-\x8f](?=.{4})", code, re.S):
            at = match.end()
            bytes_of = 1 if len(match[0]) == 1 else 4
            if at + bytes_of + int.from_bytes(code[at : at + bytes_of], "little", signed=True) in traps:
                write(function + match.start(), b"\x90" * (len(match[0]) + bytes_of))
                traps.add("met")
    if "met" not in traps:
        raise gdb.GdbError("no check to disarm")


WAIT, FAULT = "wfi", "caponier::mm::AddressSpace::HandleFault(unsigned long, caponier::arch::Access)"
# Where the kernel can be met: what the program is sent to do, and the function or instruction that the kernel comes to in consequence.
PLACES = {
    "a system call": ("getppid", ENTRY),
    "an interrupt of the program": ("timer", "HandleUserIrq"),
    "an interrupt of the kernel": ("sleep", "HandleKernelIrq"),
    "a fault of the kernel": ("fresh page", FAULT),
    "a new thread": ("two threads", "caponier::sched::(anonymous namespace)::FirstRun(void*)"),
    "the idle loop": ("sleep", WAIT),
}


def is_mapped(address):
    try:
        at = entry_at(address)
    except gdb.GdbError:
        return False
    with physical():
        return word(at) & 1 == 1


def plain(pointer):
    """Without its tag, as an address that never had one."""
    return pointer | 0xFF << 56 if ARM else pointer


def look_at_tags(allocate, free):
    """How many neighbours have the same tag, how many tags a slot has twice before it is held, and how many blocks have the tag of free memory or of
    addresses without one."""
    tag = lambda pointer: pointer >> 56 & 15
    blocks = sorted((allocate(64) for _ in range(160)), key=plain)
    same = sum(tag(one) == tag(other) for one, other in zip(blocks, blocks[1:]) if plain(other) - plain(one) == 64)
    had = {}
    for _ in range(60):
        block = allocate(1024)
        had.setdefault(plain(block), []).append(tag(block))
        free(block)
    twice = sum(len(tags) - len(set(tags)) for tags in had.values())
    longest = max(len(tags) for tags in had.values())
    reserved = sum(one in (0, 15) for one in [tag(block) for block in blocks] + sum(had.values(), []))
    print(f"returned {same} neighbours alike, {twice} tags twice, {reserved} reserved, {len(had)} slots, at most {longest} blocks each")
    run("kill")


def follow_slots(allocate, free):
    """How many blocks of a row lie right behind the one that was made before them, and how many have the place of the one that was freed before them."""
    row = [plain(allocate(64)) for _ in range(64)]
    behind = sum(other - one == 64 for one, other in zip(row, row[1:]))
    at_once = 0
    for _ in range(32):
        block = allocate(64)
        free(block)
        at_once += plain(allocate(64)) == plain(block)
    print(f"returned {behind} of 63 right behind the one before, {at_once} of 32 at the place freed before")
    run("kill")


def misuse_variable(crime):
    """Has the kernel run a function that clears a variable on its stack, and misuses that by the address which the function uses: writes behind or
    before it, or to it when the function has returned."""
    saved = {name: reg(name) for name in SAVED}

    def put_back():
        for name, value in saved.items():
            set_reg(name, value)

    while reg("pc") != kernel("memset"):  # not while the stream has numbers left
        put_back()
        set_reg("x30", saved["pc"])
        set_reg("pc", kernel("caponier::sched::DrawStackPlaces()"))
        run(f"hbreak *{saved['pc']:#x}")
        go_to(kernel("memset"))
    variable, size = reg("x0"), reg("x2")
    if not saved["sp"] - 4096 < plain(variable) < saved["sp"]:
        raise gdb.GdbError("no variable on the stack")
    go_to(reg("x30"))  # in the function again
    if crime == "overrun variable":
        return call(kernel("memset"), variable, 1, size + 8)
    if crime == "underrun variable":
        return call(kernel("memset"), variable - 8, 1, 8)
    if crime == "forge variable":
        return call(kernel("memset"), plain(variable), 1, 8)
    go_to(saved["pc"])
    put_back()
    return call(kernel("memset"), variable, 1, 8)


def misuse_block(crime):
    """40 bytes of the kernel's heap, with neighbours in their page, and what is done to them by an address that is theirs."""
    allocate = lambda size: call(kernel(ALLOCATE), size)
    free = lambda pointer: call(kernel(FREE), pointer)
    write_by_kernel = lambda pointer, size=8: call(kernel("memset"), pointer, 1, size)
    if crime in ("overrun variable", "underrun variable", "forge variable", "use variable late"):
        return misuse_variable(crime)
    if crime == "telling shadow stacks":
        return look_for_shadow_stacks()
    if crime == "looking at tags":
        return look_at_tags(allocate, free)
    if crime == "following slots":
        return follow_slots(allocate, free)
    block = allocate(40)
    while not 64 <= block & 4095 < 4096 - 64:
        block = allocate(40)
    # Before it is stale its page has no other place, so that nothing made later comes beside it, where it might have its tag.
    for _ in range(64 if crime == "stale use" else 1):
        allocate(40)
    if crime == "overflow":
        return write_by_kernel(block, 64)
    if crime == "overflow into the neighbour":
        return write_by_kernel(block + 64)
    if crime == "underflow":
        return write_by_kernel(block - 16)
    if crime == "wild write":
        return write_by_kernel(plain(block))
    if crime == "overflow of 5000 bytes":
        return write_by_kernel(allocate(5000), 5040)
    if crime == "overflow by one":
        call(kernel("memset"), block + 40, 0, 0 if UNPROTECTED else 1)  # a canary's first byte is never zero
        return free(block)
    if crime in ("wearing out", "coming back"):
        held = [allocate(2048) for _ in range(8)]
        block = next(one for one in held if sum(plain(one) >> 12 == plain(other) >> 12 for other in held) == 2)
        for one in held:
            free(one)
        for _ in range(200):
            free(allocate(2048))
            if not is_mapped(plain(block)):
                break
        if crime == "coming back":  # the arena has no new page any more
            write(kernel("caponier::mm::(anonymous namespace)::g_fresh"), struct.pack("<I", 65536))
            while plain(one := allocate(2048)) != plain(block):
                if one == 0:
                    return 0
            block = one
        return write_by_kernel(block)
    free(block)
    if crime == "late write" and not UNPROTECTED:
        write_by_kernel(block + 8)
    if crime == "stale use":
        for _ in range(6):
            free(allocate(40))
    if crime in ("late write", "stale use", "stale free"):
        while plain(again := allocate(40)) != plain(block):
            pass
    if crime == "late write":
        return again
    return free(block) if crime == "stale free" else write_by_kernel(block + 8)


def commit_in_kernel():
    if " in " in CRIME:
        crime, place = CRIME.split(" in ")
        enter_kernel(*PLACES[place])
        return misuse_block(crime)
    enter_kernel("getppid", ENTRY)
    block = call(kernel(ALLOCATE), 64)
    if CRIME == "null":
        return call(kernel("memcpy"), block, 0x10, 8)
    if CRIME == "read program":
        call(kernel("memcpy"), block, buffer, 8)
        return word(block)
    if CRIME == "write program":
        call(kernel("memcpy"), buffer, block, 8)
        return 0
    if CRIME == "run program":
        if UNPROTECTED:
            change_entries(function, open_to_kernel)
        return call(function)
    if CRIME == "write code":
        target = kernel("__stack_chk_fail")
        if UNPROTECTED:
            change_entries(target, make_writable)
        return call(kernel("memcpy"), target, block, 4)
    if CRIME == "write constant":
        target = kernel("__rodata_start")
        if UNPROTECTED:
            change_entries(target, make_writable)
        return call(kernel("memcpy"), target, block, 4)
    if CRIME == "run constant":
        target = kernel("__rodata_start")
        write(target, RETURN)
        if UNPROTECTED:
            change_entries(target, make_executable)
        return call(target)
    if CRIME == "run data":
        write(block, RETURN)
        if UNPROTECTED:
            change_entries(block, make_executable)
        return call(plain(block))
    if CRIME == "write descriptors":
        target = table("GDT") + 0x28
        if UNPROTECTED:
            change_entries(target, make_writable)
        return call(kernel("memcpy"), target, block, 8)
    if CRIME == "write page table":
        # The windows' table, where the kernel finds it while the gate is open. Unprotected: as if it were open.
        target = word(kernel("caponier::mm::g_window_entries"))
        if UNPROTECTED and ARM:
            borrow_lower_half(word(kernel("caponier::arch::g_gate_root")))
        elif UNPROTECTED:
            change_entries(target, make_writable)
        return call(kernel("memcpy"), target, block, 8)
    if CRIME == "free twice":
        call(kernel(FREE), block)
        return 0 if UNPROTECTED else call(kernel(FREE), block)
    if CRIME == "free inside":
        return call(kernel(FREE), block + (0 if UNPROTECTED else 16))
    if CRIME.startswith("call another"):
        # A function that is harmless to call, whatever it is given, but of a type that nobody wants: to VisitRaw a visitor of one page's entry, to
        # Dispose the table of virtual functions of the object it shall end.
        target = kernel("__stack_chk_fail")
        write(target, RETURN_ZERO)
        if CRIME == "call another type":
            caller = next(kernel(name) for name in SYMBOLS if name.startswith("caponier::mm::PageTables::VisitRaw("))
            put_word(block, (reg("TTBR1_EL1") if ARM else reg("cr3")) & PHYSICAL)
            arguments = block, kernel("__rodata_start"), kernel("__rodata_start") + 4096, target, block
        else:
            caller = kernel("caponier::RefCounted::Dispose()")
            for i in range(8):
                put_word(block + 8 * i, block if i == 0 else target)
            arguments = (block,)
        if UNPROTECTED and CRIME == "call another type":
            disarm_calls(caller)
        elif UNPROTECTED:  # the check looks the object's table up in one of its own, so the whole function is made anew without it
            write(caller, bytes.fromhex("5f2403d5 080040f9 100940f9 00021fd6" if ARM else "488b07 ff6010"))
        return call(caller, *arguments)
    if CRIME == "overflow stack":
        frame = reg(ARGUMENTS[0])
        set_reg("sp" if ARM else "rsp", (frame + 4095 & ~4095) - 20480 + (8192 if UNPROTECTED else 64) + (0 if ARM else 8))
        return go_on()
    if CRIME == "overflow shadow stack":
        set_reg("x18", (reg("x18") & ~4095) + 4096 - 8)
        return go_on()
    raise gdb.GdbError("no such crime: " + CRIME)


def smash_canary():
    """While uname's structure lies on the kernel's stack: the canaries above it."""
    put_word(box_at("errand"), ERRANDS["uname"])
    go_to(kernel("CopyToUserAsm" if ARM else "UserCopyBegin"))
    canary, at, found = word(kernel("__stack_chk_guard")), reg("sp"), 0
    while at & 4095 or not found:
        if word(at) == canary:
            found += 1
            if not UNPROTECTED:
                put_word(at, canary ^ 0x4100)  # one may be an old one's, which nobody looks at
        at += 8
    go_on()


def overwrite_returns():
    """In a system call, each return address on the kernel's stack, or shadow stack, becomes that of a function that nobody calls. Unprotected: the
    innermost function takes its own from its stack."""
    put_word(box_at("errand"), ERRANDS["uname"])
    go_to(kernel("CopyToUserAsm"))
    elsewhere, frame, caller = kernel("__stack_chk_fail"), reg("x29"), reg("x30") & (1 << 48) - 1 | 0xFFFF << 48
    if CRIME == "overwrite shadow returns":
        for at in range(reg("x18") & ~4095, reg("x18"), 8):
            put_word(at, elsewhere)
    else:
        while frame:
            put_word(frame + 8, elsewhere)
            frame = word(frame)
    if UNPROTECTED:
        begin, end = (pick(base + at for at in SYMBOLS.values() if holds(base + at)) for pick, holds in ((max, caller.__ge__), (min, caller.__lt__)))
        code = read(begin, end - begin)
        write(begin, code.replace(bytes.fromhex(READ_SHADOW), bytes.fromhex(DROP_SHADOW)))
    run(f"hbreak *{elsewhere:#x}")
    go_on()
    print("returned elsewhere")
    run("kill")


def look_for_shadow_stacks():
    """How many words of the kernel's stack lie in its shadow stack."""
    shadow, at, words = reg("x18") & ~4095, reg("sp") & ~4095, []
    while is_mapped(at - 4096):
        at -= 4096
    while is_mapped(at):
        words += struct.unpack("<512Q", read(at, 4096))
        at += 4096
    print(f"returned {sum(plain(one) & ~4095 == shadow for one in words)} of {len(words)} words")
    run("kill")


def look_for_relocations():
    """How much is left of the list of the addresses in the kernel's image."""
    enter_kernel("getppid", ENTRY)
    begin, end = kernel("__relr_start"), kernel("__relr_end")
    left = end - begin - read(begin, end - begin).count(0)
    print(f"returned {left} of {end - begin} bytes")
    run("kill")


def watch_stacks():
    """Two threads make calls: at how many places below its frame a call's stack begins, on how many stacks, with how many canaries and keys."""
    put_word(box_at("errand"), ERRANDS["two threads"])
    run(f"hbreak *{kernel(ENTRY):#x}")
    places, stacks, shadows = set(), {}, set()
    for _ in range(40):
        go_on()
        frame = reg(ARGUMENTS[0])
        places.add(frame - reg("sp" if ARM else "rsp"))
        secrets = (word(kernel("__stack_chk_guard")), word(kernel("g_kernel_key")) if ARM else 0)
        stacks.setdefault(frame, set()).add(secrets)
        shadows.add(reg("x18") & ~4095 if ARM else 0)
    canaries, keys = ({secrets[i] for of_stack in stacks.values() for secrets in of_stack} for i in (0, 1))
    steady = all(len(of_stack) == 1 for of_stack in stacks.values())
    print(f"returned {len(places)} places, {len(stacks)} stacks, {len(canaries)} canaries, {len(keys)} keys, {len(shadows)} shadow stacks{'' if steady else ', changing'}")
    run("kill")


COUNT_TAGGED = "5f2403d5 020080d2 e30300aa 030060d9 63fc78d3 630c4092 7f3c00f1 4204829a 00400091 1f0001eb 03ffff54 e00302aa c0035fd6"  # LDG, and a count of the tags that are not 15


def look_for_stale_tags():
    """Threads come and go, and make calls: at the entry of each, before it has a variable, how many granules of the whole stack have a tag."""
    put_word(box_at("errand"), ERRANDS["threads in turn"])
    counter = kernel("__stack_chk_fail")  # which nobody calls
    go_to(kernel(ENTRY))
    write(counter, bytes.fromhex(COUNT_TAGGED))
    stacks, stale = {}, 0
    for _ in range(60):
        frame = reg("x0")
        begin = frame & ~4095
        while is_mapped(begin - 4096):
            begin -= 4096
        stale += call(counter, begin, (frame | 4095) + 1)
        stacks[begin] = stacks.get(begin, 0) + 1
        go_to(kernel(ENTRY))
    print(f"returned {stale} granules of {len(stacks)} stacks")
    run("kill")


def watch_generators():
    """Whose generator of tags is in the processor: in the kernel, and in the program after the call, which has drawn none."""
    enter_kernel("two threads", ENTRY)
    masks, states, kept = set(), set(), 0
    for _ in range(20):
        masks.add(reg("GCR_EL1"))
        states.add(reg("RGSR_EL1"))
        frame, mine = reg("x0"), word(kernel("g_tag_generators") + 8)
        go_to(word(frame + 256))
        kept += reg("RGSR_EL1") == mine and reg("GCR_EL1") & 0x10000 != 0
        go_to(kernel(ENTRY))
    print(f"returned {len(states)} states, masks {' '.join(map(hex, masks))}, kept {kept} times")
    run("kill")


def enter_any():
    """Into a kernel of any order, by a trap of the program's, whose vector the processor knows [arm-arm] D1.3, [intel-sdm] vol. 3A 6.15."""
    put_word(box_at("errand"), ERRANDS["getppid" if ARM else "privileged"])
    go_to(reg("VBAR_EL1") + 0x400 if ARM else gate(13))


def find_functions():
    """One function's address is known, the vectors'. How many of the functions in $TARGETS stand where their linked distance from it says."""
    enter_any()
    found = count = 0
    for line in open(os.environ["TARGETS"]):
        address, code = line.split()
        code = code.replace(READ_SHADOW, DROP_SHADOW)  # on a processor with pointer authentication
        count += 1
        try:
            found += read(base + int(address, 16), len(code) // 2).hex() == code
        except gdb.MemoryError:
            pass
    print(f"returned {found} of {count} functions")
    run("kill")


def find_sled(near):
    """A place within traps that follow each other, in one of the pages around `near`."""
    trap, length = (bytes.fromhex("000020d4"), 3) if ARM else (b"\xcc", 12)
    for page in sorted(range(near // 4096 - 128, near // 4096 + 128), key=lambda page: abs(page - near // 4096)):
        try:
            code = read(page * 4096, 4096)
        except gdb.MemoryError:
            continue
        for at in range(0, 4096, len(trap)):
            if code.startswith(trap * length, at):
                return page * 4096 + at + len(trap)
    raise gdb.GdbError("no sled")


def run_sled():
    """The kernel, on its own stack in a trap of the program's, is sent into a sled."""
    enter_any()
    own = bytes.fromhex("92d038d5" if ARM else "0f01f8")  # MRS X18, TPIDR_EL1; SWAPGS: before it the kernel cannot take an exception
    while read(reg("pc" if ARM else "rip"), len(own)) != own:
        run("stepi")
    run("stepi")
    set_reg("pc" if ARM else "rip", find_sled(reg("pc" if ARM else "rip")))
    go_on()
    print("went on")
    run("kill")


def send_frame():
    """Rewrites the header of the frame that the tool sent, in the machine's receive buffer, before the kernel reads it."""
    header = {"unknown frame": (0x7F, 0), "oversized frame": (64, 0x10001), "long frame": (65, 17), "no such signal": (65, 4), "no such stream": (66, 4), "honest frame": None}[CRIME]
    put_word(box_at("errand"), ERRANDS["input"])
    go_to(kernel("caponier::drivers::link::(anonymous namespace)::ReceiveAll()"))
    for _ in range(100):
        go_to(kernel("memcpy"))
        if reg(ARGUMENTS[2]) == 8 and read(reg(ARGUMENTS[1]), 4) == b"\x40\0\0\0":  # an input frame's header
            break
    else:
        raise gdb.GdbError("no frame came")
    if header is not None:
        write(reg(ARGUMENTS[1]), struct.pack("<B3xI", *header))
    go_on()


def ways_to_break():
    """What can be broken in the page tables by one entry: whose, and how it is changed."""
    root = reg("TTBR0_EL1") if ARM else reg("cr3")
    code, data, stack = function & ~4095, buffer & ~4095, reg("sp") & ~4095
    end = base + SYMBOLS["__image_end"]
    beside = end if end >> 21 == base >> 21 else base - 4096  # one of both is in the image's own leaf table
    stack_frame = change_entries(stack, lambda entry, _: entry)
    moved = lambda frame: lambda entry: entry & ~PHYSICAL | frame & PHYSICAL
    register_page = 0xFF000000 | (3 | 1 << 10 | 1 << 2 | 3 << 53 if ARM else 1 | 3 << 3 | 1 << 63)  # a device's, outside memory
    return {
        "sound": (data, lambda entry: entry),
        "writable code": (code, lambda entry: entry & ~(1 << 7) if ARM else entry | 2),
        "writable constants": (base + SYMBOLS["__rodata_start"], lambda entry: entry & ~(1 << 7) if ARM else entry | 2),
        "executable data": (data, lambda entry: entry & ~(1 << 54 if ARM else 1 << 63)),
        "table": (data, moved(root)),
        "alias": (data, moved(stack_frame)),
        "code alias": (data, moved(change_entries(code, lambda entry, _: entry))),
        "kernel's in the program's half": (data, lambda entry: entry & ~(1 << 6 if ARM else 4)),
        "outside": (data, moved(0xFF000000)),
        "guard": (beside, lambda _: register_page),
        **({} if ARM else {"open gate": (word(kernel("caponier::mm::g_window_entries")), lambda entry: entry | 2)}),
    }


def dump_memory(name):
    run("monitor dump-guest-memory " + os.environ["DUMPS"] + "/" + name.replace(" ", "_"))


def write_registers():
    registers = ["TTBR0_EL1", "TTBR1_EL1", "TCR_EL1", "MAIR_EL1", "SCTLR"] if ARM else ["cr0", "cr3", "cr4", "efer"]
    with open(os.environ["DUMPS"] + "/registers", "w") as out:
        out.writelines(f"{name.lower().removesuffix('_el1')}={reg(name):#x}\n" for name in registers)


def dump_tables():
    """Breaks one thing in the page tables, dumps the memory with its registers, and mends it: a dump for each way, and a sound one."""
    write_registers()
    for name, (address, change) in ways_to_break().items():
        at = entry_at(address)
        with physical():
            entry = word(at)
            put_word(at, change(entry))
            dump_memory(name)
            put_word(at, entry)
    change_entries(kernel("memcpy"), open_to_program)
    dump_memory("open")
    print("returned")
    try:
        run("kill")
    except gdb.error:
        pass  # the emulator was gone before it answered


def map_null_page():
    """To the program, in tables that the kernel gave."""
    entry = reg("TTBR0_EL1") if ARM else reg("cr3")
    result, frames = call(kernel(ALLOCATE), 64), []
    for _ in range(levels()):
        call(kernel("caponier::mm::AllocateFrame(caponier::mm::FrameKind)"), result, 4)
        frames.append(word(result))
    leaf = 3 | 1 << 6 | 1 << 7 | 3 << 8 | 1 << 10 | 3 << 53 if ARM else 5 | 1 << 63  # the program's, to read
    with physical():
        at = entry & PHYSICAL
        for frame in frames:
            put_word(at, frame | (leaf if frame == frames[-1] else 3 | 1 << 59 if ARM else 7))
            write(frame, bytes(4096))
            at = frame


def walk_by_kernel():
    """In a system call the kernel walks its own tables, after one thing in them was broken; the dump is of the same moment."""
    name = CRIME.removeprefix("walk ")
    address, change = ways_to_break().get(name, (0, None))
    enter_kernel("getppid", ENTRY)
    write_registers()
    if name == "null page":
        map_null_page()
    elif name == "open":
        change_entries(word(kernel("caponier::sched::(anonymous namespace)::g_boot_thread")), open_data_to_program)  # its stack, which nobody uses
    else:
        at = entry_at(address)
        with physical():
            put_word(at, change(word(at)))
    dump_memory("walked")
    found = call(kernel("caponier::mm::AuditTables()"))
    print(f"returned {found & 0xFFFFFFFF} tables, {found >> 32} pages of the kernel")
    run("kill")


try:
    run("set pagination off")
    box = find_box()
    # Read now: in the kernel, the debugger sees the program's memory as little as the kernel does.
    function, buffer = word(box_at("function")), word(box_at("buffer"))
    base = kernel_base()
    if CRIME in ("read", "write", "execute", "privileged"):
        commit_by_program()
    elif CRIME == "dump tables":
        dump_tables()
    elif CRIME.startswith("walk "):
        walk_by_kernel()
    elif CRIME == "watch stacks":
        watch_stacks()
    elif CRIME == "look for relocations":
        look_for_relocations()
    elif CRIME == "look for stale tags":
        look_for_stale_tags()
    elif CRIME == "watch generators":
        watch_generators()
    elif CRIME == "find functions":
        find_functions()
    elif CRIME == "run sled":
        run_sled()
    elif CRIME in ("overwrite returns", "overwrite shadow returns"):
        overwrite_returns()
    elif CRIME == "canary":
        smash_canary()
    elif "frame" in CRIME or "no such" in CRIME:
        send_frame()
    else:
        value = commit_in_kernel()
        if gdb.selected_inferior().threads():
            print("went on" if value is None else f"returned {value:#x}")
            run("kill")
except Ended:
    print("ended")
except Exception:
    run("kill")
    raise
