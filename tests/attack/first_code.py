# first_code.py KERNEL CODE: of each function of a linked kernel whose first bytes hold no reference and stand nowhere else, but for the
# vectors: its address and those bytes, in hexadecimal. CODE: the image's text as it lies in memory.
import re
import subprocess
import sys

kernel, code = sys.argv[1], open(sys.argv[2], "rb").read()
relocations = subprocess.run(["llvm-readelf-19", "-rW", kernel], check=True, capture_output=True, text=True).stdout
text = relocations.split("'.rela.text'", 1)[1].split("Relocation section", 1)[0]
places = sorted(int(place, 16) for place in re.findall(r"^([0-9a-f]{16}) ", text, re.M))
listing = subprocess.run(["llvm-objcopy-19", "--dump-section", ".caponier.functions=/dev/stdout", kernel, "/dev/null"], check=True, capture_output=True, text=True).stdout
for line in listing.splitlines():
    begin, size = (int(word, 16) for word in line.split()[:2])
    reference = next((place for place in places if place >= begin), len(code))
    first = code[begin : min(begin + 48, begin + size, reference & ~3)]
    if not line.endswith(".text.vectors") and len(first) >= 32 and code.count(first) == 1:
        print(f"{begin:x} {first.hex()}")
