#!/bin/bash
# 1,000 boots of position-independent programs on each architecture: 100 of each of ten kinds.
exec "$CAPONIER_ROOT/tests/boot/pie.sh" 100
