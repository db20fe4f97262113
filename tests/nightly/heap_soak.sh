#!/bin/bash
# 10^8 operations of the random trace over libcaponier-heap, natively and with memory tags. Takes hours, most of them in emulation.
exec "$CAPONIER_ROOT/hosted/heap/soak_test.sh" 100000000 100000000
