#!/bin/bash
# openssl: digests, ciphers, keys, its random numbers and its clock.
source "$(dirname -- "$0")/common.bash"
seeded_lines 20000 >lines
for digest in sha256 sha512 sha3-256 blake2b512 md5; do same "dgst -$digest" openssl dgst -$digest lines; done
same "enc" openssl enc -aes-256-cbc -K 00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff -iv 000102030405060708090a0b0c0d0e0f -in lines
same "mac" openssl mac -digest SHA256 -macopt hexkey:00ff -in lines HMAC
same "prime" openssl prime 170141183460469231731687303715884105727
prints "rand" '^[0-9a-f]{64}$' openssl rand -hex 32
prints "genpkey" 'BEGIN PRIVATE KEY' openssl genpkey -algorithm ED25519
prints "speed" 'aes-256-ctr|AES-256-CTR' openssl speed -seconds 1 -bytes 1024 -evp aes-256-ctr
for arch in "${architectures[@]}"; do
  first=$(in_machine "$arch" openssl rand -hex 16) second=$(in_machine "$arch" openssl rand -hex 16)
  if [[ -n $first && $first != "$second" ]]; then ok "two runs draw different numbers ($arch)"; else not_ok "two runs draw different numbers ($arch): $first $second"; fi
done
exit $status
