#!/bin/bash
# All of dieharder, which reads far more than 10 GB and takes hours, and rngtest over 100 MB of each source.
exec "$CAPONIER_ROOT/tests/boot/statistics.sh" 40000 -a -Y 1 -k 2
