#!/bin/bash
# python3: a fixed-address program with a large library; json, hashes, regular expressions, compression, event loops, threads.
source "$(dirname -- "$0")/common.bash"
options=(--memory 512M)
same "version" python3 -c 'import sys; print(sys.version_info, sys.byteorder, sys.maxsize, sys.flags)'
same "json" python3 -c '
import json
data = {"n": [i ** 3 for i in range(2000)], "t": ["é€" * i for i in range(50)], "f": [i / 7 for i in range(500)]}
text = json.dumps(data, sort_keys=True, indent=1)
assert json.loads(text) == data
print(len(text), text[-300:])'
same "hashlib" python3 -c '
import hashlib
for name in sorted(hashlib.algorithms_guaranteed - {"shake_128", "shake_256"}): print(name, hashlib.new(name, b"x" * 100000).hexdigest())
print(hashlib.pbkdf2_hmac("sha256", b"p", b"s", 20000).hex(), hashlib.scrypt(b"p", salt=b"s", n=1024, r=8, p=1).hex()[:32])'
same "re" python3 -c '
import re
text = "".join(f"{i}:word{i * 7919 % 1009};" for i in range(20000))
print(len(re.findall(r"(\d+):word(\d*7)\b", text)), re.sub(r"(?<=d)(\d)(\d+)", r"\2\1", text)[:200], re.fullmatch(r"(a|b)*c", "ab" * 1000 + "c").span())'
same "zlib, lzma, bz2" python3 -c '
import bz2, hashlib, lzma, zlib
data = b"".join(b"%d line %d\n" % (i, i * i % 997) for i in range(100000))
for module in zlib, lzma, bz2:
  packed = module.compress(data)
  assert module.decompress(packed) == data
  print(module.__name__, len(packed), hashlib.sha256(packed).hexdigest())'
same "asyncio" python3 -c '
import asyncio, socket
async def sleeper(i):
  await asyncio.sleep(0.0001 * (i % 7))
  return i
async def main():
  print(sum(await asyncio.gather(*map(sleeper, range(2000)))))
  print(await asyncio.get_running_loop().run_in_executor(None, lambda: 42))
  here, there = socket.socketpair()
  reader, writer = await asyncio.open_connection(sock=here)
  echo_reader, echo_writer = await asyncio.open_connection(sock=there)
  async def echo():
    count = 0
    while data := await echo_reader.read(10000):
      count += len(data)
      echo_writer.write(data)
      await echo_writer.drain()
    echo_writer.close()
    return count
  async def feed():
    for i in range(300):
      writer.write(b"x" * 7001)
      await writer.drain()
    writer.write_eof()
  tasks = [asyncio.create_task(echo()), asyncio.create_task(feed())]
  got = 0
  while data := await reader.read(65536): got += len(data)
  print(got, await tasks[0])
asyncio.run(main())'
same "threads" python3 -c '
import queue, threading, time
done, lock, todo = [], threading.Lock(), queue.Queue()
def work():
  while (n := todo.get()) is not None:
    total = sum(i * i for i in range(n))
    with lock: done.append((n, total))
threads = [threading.Thread(target=work) for _ in range(8)]
for t in threads: t.start()
for n in range(1000, 1400): todo.put(n)
for t in threads: todo.put(None)
for t in threads: t.join()
event = threading.Event()
threading.Timer(0.05, event.set).start()
print(len(done), sum(t for _, t in sorted(done)), event.wait(10), event.wait(0.01), threading.active_count())'
same "files" python3 -c '
import mmap, os, pathlib, shutil, tempfile
with tempfile.TemporaryDirectory() as d:
  p = pathlib.Path(d)
  for i in range(100): (p / f"f{i:03}").write_text("x" * i)
  os.rename(p / "f000", p / "g"); os.link(p / "g", p / "h"); os.symlink("h", p / "s")
  print(sorted(os.listdir(d))[-5:], (p / "h").stat().st_nlink, os.readlink(p / "s"), sum(f.stat().st_size for f in p.iterdir()))
  with open(p / "m", "w+b") as f:
    f.truncate(10000)
    with mmap.mmap(f.fileno(), 0) as m: m[5000:5005] = b"hello"; m.flush()
    f.seek(4999); print(f.read(7))
  shutil.copytree(d, d + "x"); print(len(os.listdir(d + "x"))); shutil.rmtree(d + "x")'
same "an exception" python3 -c 'import os; os.stat("/nowhere")'
same "a signal handler and an exit status" python3 -c '
import os, signal, sys
signal.signal(signal.SIGALRM, lambda *a: (print("alarm", flush=True), sys.exit(9)))
signal.setitimer(signal.ITIMER_REAL, 0.05)
while True: signal.pause()'
prints "secrets" '^[0-9a-f]{64} [0-9]+$' python3 -c 'import random, secrets; print(secrets.token_hex(32), random.SystemRandom().randrange(2 ** 64))'
exit $status
