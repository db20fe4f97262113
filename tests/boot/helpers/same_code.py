# same_code.py LINKED REORDERED...: whether kernels are the same program, told by llvm-objdump's disassembly alone: each function's instructions
# must be the same, and each address in them must be that of the same byte of the same function or of the same byte of the data. Prints
# a line for each: what was compared, after "same: ", or the first differences.
import bisect
import re
import subprocess
import sys


def lines_of(*command):
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()


class Kernel:
    def __init__(self, path, functions):
        self.path = path
        self.arm = "AArch64" in "".join(lines_of("llvm-readelf-19", "-h", path))
        sections = [re.match(r"\s*\[ *(\d+)\] (\S+) +\S+ +([0-9a-f]+) ([0-9a-f]+) ([0-9a-f]+)", line) for line in lines_of("llvm-readelf-19", "-SW", path)]
        self.sections = {m[2]: (int(m[3], 16), int(m[4], 16), int(m[5], 16)) for m in sections if m}
        text = next(m[1] for m in sections if m and m[2] == ".text")
        self.text = self.sections[".text"][2]
        symbols = [line.split() for line in lines_of("llvm-readelf-19", "-sW", path)]
        self.symbols = {int(s[0][:-1]): int(s[1], 16) for s in symbols if len(s) >= 7 and s[6] == text}  # by number
        # The linker's own list: where addresses and distances are, and which distances lead into text.
        self.references = {}
        for line in lines_of("llvm-readelf-19", "-rW", path):
            entry = re.match(r"([0-9a-f]{16}) +(?:[0-9a-f]{16}) (\w+) +(.*)", line)
            if entry and entry[2] in ("R_X86_64_PC32", "R_AARCH64_PREL32"):
                self.references[int(entry[1], 16)] = ("distance", int(entry[3].split()[0], 16) < self.text)
            elif entry and entry[2] in ("R_X86_64_64", "R_AARCH64_ABS64"):
                self.references[int(entry[1], 16)] = ("pointer", False)
        self.begins = functions  # (begin, size, number), sorted

    def place(self, address):
        """The function and the byte in it, or the byte behind text."""
        if address >= self.text:
            return ("data", address - self.text)
        at = bisect.bisect_right(self.begins, (address, float("inf"), 0)) - 1
        begin, size, number = self.begins[at]
        return (number, address - begin) if address < begin + size else ("between", 0)

    def disassemble(self):
        """Of each function: [(offset, words)], with addresses in the words replaced by their places."""
        lines = [re.match(r"\s*([0-9a-f]+):\s+(.*)", line) for line in lines_of("llvm-objdump-19", "-d", "--no-show-raw-insn", "--section=.text", self.path)]
        lines = [(int(match[1], 16), match[2]) for match in lines if match]
        code = {}
        pages = {}
        for (address, words), (following, _) in zip(lines, lines[1:] + [(self.text, "")]):
            number, offset = self.place(address)
            if number == "between":
                continue
            if offset == 0:
                pages = {}
            words = re.sub(r"\s*<[^>]*>", "", words.replace("\t", " "))
            constant = re.search(r"\.word 0x([0-9a-f]+)$", words)
            if constant:
                size = (number, offset) == (0, 16)  # the image's, in the header [linux-arm64-boot]
                words = f".word {int(constant[1], 16) - (self.text if size else 0)}"
            else:
                words = self.independent_arm(words, pages) if self.arm else self.independent(words, following)
            code.setdefault(number, []).append((offset, words))
        return code

    def independent(self, words, following):
        words = re.sub(r"\s*#.*", "", words)
        relative = re.match(r"(.*?)(-?)(?:0x([0-9a-f]+))?\(%rip\)(.*)$", words)
        if relative:
            distance = int(relative[3] or "0", 16) * (-1 if relative[2] else 1)
            return f"{relative[1]}[{self.place(following + distance)}]{relative[4]}"
        branch = re.match(r"((?:call|j)\w*) +(0x[0-9a-f]+)$", words)
        if branch:
            return f"{branch[1]} [{self.place(int(branch[2], 16))}]"
        # The entry, of 32 bits, counts from a label that %ebp holds, and which stays.
        from_label = re.match(r"(.*?)0x([0-9a-f]+)\(%rbp\)(.*)$", words)
        if from_label and int(from_label[2], 16) > self.text - 4096:
            return f"{from_label[1]}[data, {int(from_label[2], 16) - self.text}]{from_label[3]}"
        return words

    def independent_arm(self, words, pages):
        match = re.match(r"adrp (x\d+), (0x[0-9a-f]+)$", words)
        if match:
            pages[match[1]] = int(match[2], 16)
            return f"adrp {match[1]}"
        match = re.match(r"(adr|b|bl|b\.\w+|cbn?z|tbn?z|ldr) ?(.*?)(0x[0-9a-f]+)$", words)
        if match and not match[2].endswith("#"):
            return f"{match[1]} {match[2]}[{self.place(int(match[3], 16))}]"
        # An immediate added to a page's address, or an access to it. What follows an unconditional branch knows no pages, nor need it.
        match = re.match(r"add (x\d+), (x\d+), #(0x[0-9a-f]+)$", words)
        if match and match[2] in pages:
            known = f"add {match[1]}, {match[2]}, [{self.place(pages[match[2]] + int(match[3], 16))}]"
        else:
            match = re.match(r"((?:ldr|str|prfm)\w* .*)\[(x\d+)(?:, #(0x[0-9a-f]+))?\]$", words)
            known = None
            if match and match[2] in pages:
                known = f"{match[1]}[{self.place(pages[match[2]] + int(match[3] or '0', 16))}]"
        written = re.match(r"(?!st|cmp|tst|b\b|cb|tb)\w+ ([xw])(\d+)", words)
        if written:
            pages.pop(f"x{written[2]}", None)
        if re.match(r"bl", words):  # a call keeps x19 and above
            for name in [name for name in pages if int(name[1:]) < 19]:
                del pages[name]
        return known or words


def data_of(kernel):
    binary = open(kernel.path, "rb").read()
    out = {}
    for name, (address, offset, size) in kernel.sections.items():
        if name in (".rodata", ".data", ".data.rel.ro", ".patch.smap", ".patch.features", ".rodata.fixups"):
            out[name] = (address, bytearray(binary[offset : offset + size]))
    return out


def compare(linked, ours, reordered_path):
    functions = [(begin, size) for begin, size, _ in linked.begins]
    other = Kernel(reordered_path, [])
    # Where a function stands now: by a symbol in it.
    owners = {}
    for symbol, value in sorted(linked.symbols.items()):
        if value < linked.text and symbol in other.symbols:
            number, offset = linked.place(value)
            if number != "between":
                owners.setdefault(number, other.symbols[symbol] - offset)
    missing = [number for number in range(len(functions)) if number not in owners]
    other.begins = sorted((owners[number], functions[number][1], number) for number in owners)
    differences = [f"function {functions[number]} has no symbol" for number in missing]
    for (begin, size, _), (following, _, _) in zip(other.begins, other.begins[1:]):
        if begin + size >= following:
            differences.append(f"no trap between functions at {begin:#x}")
    theirs = other.disassemble()
    references = moved = 0
    for number, code in ours.items():
        moved += owners.get(number) != functions[number][0]
        references += sum("[(" in words for _, words in code)
        if code != theirs.get(number):
            differences += [f"{functions[number][0]:#x}: {a} is {b}" for a, b in zip(code, theirs.get(number, [])) if a != b][:3] or [f"{functions[number][0]:#x} is cut"]
    # Data: what the linker says is a reference must lead to the same place, and everything else be the same.
    words = 0
    before, after = data_of(linked), data_of(other)
    for name, (address, content) in before.items():
        new_address, new_content = after[name]
        if len(content) != len(new_content) or address - linked.text != new_address - other.text:
            differences.append(f"{name} is another one")
            continue
        run = at = 0  # from `run` to `at`: references to text only, one after another
        while at < len(content):
            kind, to_text = linked.references.get(address + at, ("none", False))
            size = {"pointer": 8, "distance": 4, "none": 1}[kind]
            if kind != "distance" or not to_text:
                run = at + size
            old, new = (int.from_bytes(c[at : at + size], "little", signed=kind == "distance") for c in (content, new_content))
            if kind == "none":
                leads = old == new
            elif kind == "pointer":
                leads = linked.place(old) == other.place(new) != ("between", 0)
            else:  # from its own place, or from the begin of the jump table that it is in
                bases = range(at, run - 1, -4) if name == ".rodata" else [at]
                pairs = [(linked.place(address + base + old), other.place(new_address + base + new)) for base in bases] if to_text else []
                leads = any(a == b and isinstance(a[0], int) for a, b in pairs) if to_text else old == new
            if not leads:
                differences.append(f"{name}+{at:#x} leads elsewhere" if kind != "none" else f"{name}+{at:#x} is another byte")
            words += kind != "none"
            at += size
    if differences:
        return f"{len(differences)} differences: " + "; ".join(differences[:3])
    return f"same: {len(ours)} functions, {moved} of them moved, {references} references in code, {words} words of data"


path = sys.argv[1]
listing = lines_of("llvm-objcopy-19", "--dump-section", ".caponier.functions=/dev/stdout", path, "/dev/null")
spans = [(int(words[0], 16), int(words[1], 16)) for words in map(str.split, listing) if int(words[1], 16)]
linked_kernel = Kernel(path, [(begin, size, number) for number, (begin, size) in enumerate(spans)])
linked_code = linked_kernel.disassemble()
for path in sys.argv[2:]:
    print(compare(linked_kernel, linked_code, path))
