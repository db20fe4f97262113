"""A machine that serves draws over its serial port is written to a snapshot and started from it many times; prints the first draw of each, and
the canary that a kernel stack has after it.

clones.py KERNEL CLONES WORK with|without: the VM generation ID. The machine has no source of randomness but a seed at boot, so nothing
else can tell the clones apart.
"""
import os
import select
import socket
import subprocess
import sys
import time

kernel, clones, work, generation = sys.argv[1], int(sys.argv[2]), sys.argv[3], sys.argv[4] == 'with'
snapshot = os.path.join(work, 'snapshot')
with open(os.path.join(work, 'seed'), 'wb') as seed:
    seed.write(os.urandom(64))


def start(*more):
    machine = ['qemu-system-x86_64', '-M', 'q35', '-accel', 'tcg', '-cpu', 'max,-rdrand,-rdseed', '-m', '32', '-nodefaults', '-no-user-config',
               '-display', 'none', '-no-reboot', '-serial', 'stdio', '-kernel', kernel, '-fw_cfg', f'name=opt/org.caponier/seed,file={work}/seed',
               '-fw_cfg', 'name=opt/org.caponier/draws,string=1']
    if generation:
        machine += ['-device', 'vmgenid,guid=auto']
    return subprocess.Popen([*machine, *more], stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0)


def draw(machine, seconds=60):
    """Asks until a whole line has come; a byte sent while a snapshot is being loaded is lost."""
    text, end = b'', time.monotonic() + seconds
    while time.monotonic() < end and machine.poll() is None:
        machine.stdin.write(b'.')
        while b'\n' not in text and select.select([machine.stdout], [], [], 0.05)[0]:
            piece = machine.stdout.read(4096)
            if not piece:
                break
            text += piece
        if b'\n' in text:
            return text.split(b'\n')[0].decode()
    sys.exit(f'no draw came: {text!r}')


def save(machine, path):
    for _ in range(100):
        if os.path.exists(path):
            break
        time.sleep(0.05)
    monitor = socket.socket(socket.AF_UNIX)
    monitor.connect(path)
    lines = monitor.makefile('rw')
    wanted = iter([('{"execute":"qmp_capabilities"}', '"return"'),
                   ('{"execute":"migrate","arguments":{"uri":"exec:cat > %s"}}' % snapshot, '"return"')])
    for command, answer in wanted:
        lines.write(command + '\n')
        lines.flush()
        while answer not in lines.readline():
            pass
    for _ in range(600):
        lines.write('{"execute":"query-migrate"}\n')
        lines.flush()
        while '"return"' not in (line := lines.readline()):
            pass
        if '"completed"' in line:
            return
        if '"failed"' in line:
            sys.exit(f'no snapshot: {line}')
        time.sleep(0.05)
    sys.exit('the snapshot does not end')


def stop(machine):
    machine.kill()
    machine.wait()


first = start('-qmp', f'unix:{work}/monitor,server=on,wait=off')
draw(first)
save(first, os.path.join(work, 'monitor'))
stop(first)
for _ in range(clones):
    clone = start('-incoming', f'exec:cat {snapshot}')
    print(draw(clone), flush=True)
    stop(clone)
