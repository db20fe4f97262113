# Runs a machine whose serial port leads to a socket that takes a few bytes ahead, and reads from it late; prints what came.
#   slow_reader.py COMMAND...: an emulator's, to which `-serial` is added
import socket
import subprocess
import sys
import time

here, there = socket.socketpair()
there.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1)  # the least there is
command = sys.argv[1:] + ["-chardev", f"socket,id=slow,fd={there.fileno()}", "-serial", "chardev:slow"]
machine = subprocess.Popen(command, pass_fds=[there.fileno()], stdin=subprocess.DEVNULL)
there.close()
time.sleep(0.3)
here.settimeout(20)
said = b""
try:
    while piece := here.recv(16):
        said += piece
        time.sleep(0.001)
except TimeoutError:
    machine.kill()
print(said.decode(errors="replace"), end="")
