"""Looks through all of a machine's memory for what a draw leaves behind.

erasure.py CAPONIER PROGRAM MONITOR WORK BASE BYTES ORDER [keep]: runs the program (guest/attacks/drawn.c), stops the machine before and after
some of its draws, and saves its memory both times. Every 32 bytes of the first are tried as the AES-256 key that made the draw: counter mode from 0, block 2
and the ones behind it are output. Prints `found key N` and `left WHAT`: key, round-key, output,
image-N, where the kernel is in memory more than once; `left nothing` when there is none.
"""
import ctypes
import ctypes.util
import json
import os
import socket
import subprocess
import sys
import threading
import time

caponier, program, monitor, work, base, size = sys.argv[1:5] + [int(word, 0) for word in sys.argv[5:7]]
order = sys.argv[7]
crypto = ctypes.CDLL(ctypes.util.find_library('crypto'))
MASK = 0x5a


class Machine:
    def __init__(self):
        words = [caponier, 'run', '--accel', 'tcg', '--memory', str(size), '--kernel-order', order, program, *sys.argv[8:]]
        self.process = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
        self.draws = []
        threading.Thread(target=self.read, daemon=True).start()
        self.wait_for(1)
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.connect(monitor)
        self.lines = self.socket.makefile('rw')
        self.ask('qmp_capabilities')

    def read(self):
        for line in self.process.stdout:
            self.draws.append(bytes(byte ^ MASK for byte in bytes.fromhex(line.decode())))

    def wait_for(self, count):
        end = time.monotonic() + 60
        while len(self.draws) < count:
            if time.monotonic() > end or self.process.poll() is not None:
                sys.exit('the program does not draw')
            time.sleep(0.005)

    def ask(self, command, **arguments):
        self.lines.write(json.dumps({'execute': command, 'arguments': arguments}) + '\n')
        self.lines.flush()
        while True:
            answer = json.loads(self.lines.readline())
            if 'error' in answer:
                sys.exit(f'{command}: {answer}')
            if 'return' in answer:
                return

    def memory(self):
        """All of it, and how many draws had come when the machine went on."""
        path = os.path.join(work, 'memory')
        self.ask('stop')
        self.ask('pmemsave', val=base, size=size, filename=path)
        time.sleep(0.1)  # what was on its way
        count = len(self.draws)
        self.ask('cont')
        with open(path, 'rb') as file:
            return file.read(), count


def candidates(memory):
    """Places where 32 bytes could be a key: no eight of them are zero, and at least 20 differ, as all but one in 10^9 random keys have it."""
    words = memoryview(memory).cast('Q')
    run = 0
    for index, word in enumerate(words):
        run = run + 1 if word else 0
        if run >= 4 and len(set(memory[8 * index - 24:8 * index + 8])) >= 20:
            yield 8 * (index - 3)


def key_of(memory, output):
    """The key in memory that made the output, if any."""
    windows = {output[at:at + 16] for at in range(len(output) - 15)}
    schedule, block = ctypes.create_string_buffer(256), ctypes.create_string_buffer(16)
    counter = (2).to_bytes(16, 'big')
    seen = set()
    for at in candidates(memory):
        key = memory[at:at + 32]
        if key in seen:
            continue
        seen.add(key)
        crypto.AES_set_encrypt_key(key, 256, schedule)
        crypto.AES_encrypt(counter, block, schedule)
        if block.raw in windows:
            return key
    return None


def round_keys(key):
    """The 15 round keys [fips197] 5.2, as bytes."""
    box = sbox()
    words = [key[4 * i:4 * i + 4] for i in range(8)]
    rcon = 1
    for i in range(8, 60):
        word = words[-1]
        if i % 8 == 0:
            word = bytes(box[b] for b in word[1:] + word[:1])
            word = bytes([word[0] ^ rcon]) + word[1:]
            rcon = rcon << 1 ^ (0x11b if rcon & 0x80 else 0)
        elif i % 8 == 4:
            word = bytes(box[b] for b in word)
        words.append(bytes(a ^ b for a, b in zip(words[i - 8], word)))
    return [b''.join(words[4 * i:4 * i + 4]) for i in range(15)]


def sbox():
    box, p, q = [0] * 256, 1, 1
    while True:
        p = (p ^ p << 1 ^ (0x11b if p & 0x80 else 0)) & 0xff
        q ^= q << 1
        q ^= q << 2
        q ^= q << 4
        q &= 0xff
        if q & 0x80:
            q ^= 0x09
        rotated = [q << i | q >> 8 - i for i in range(5)]
        box[p] = (rotated[0] ^ rotated[1] ^ rotated[2] ^ rotated[3] ^ rotated[4] ^ 0x63) & 0xff
        if p == 1:
            break
    box[0] = 0x63
    return box


# When a reseed falls due just then, the key that was there made nothing: then the machine is looked at again.
machine = Machine()
for _ in range(8):
    before, count = machine.memory()
    machine.wait_for(count + 6)  # the third draw from here on is wiped by then, or put away
    after, later = machine.memory()
    output = b''.join(machine.draws[count:count + 3])
    key = key_of(before, output)
    if key:
        break
machine.process.terminate()
if not key:
    sys.exit('the key that made the draw is not in the memory before it')
print('found key')
left = []
# Neither that key, nor one of any later draw that had come by then; of the last ones' too, which nothing has overwritten yet.
if key in after or key_of(after, b''.join(machine.draws[count:later])):
    left.append('key')
if any(round_key in after for round_key in round_keys(key)):
    left.append('round-key')
if any(output[at:at + 16] in after for at in range(0, len(output) - 15, 16)):  # any 31 bytes of it hold one of these
    left.append('output')
# Words of the kernel's: a second copy of them would be of the image where the loader had put it, with all that its generator held then.
copies = after.count(b'not enough memory to start: give the machine more')
if copies != 1:
    left.append(f'image-{copies}')
print('left', ' '.join(left) or 'nothing')
