/* Writes random bytes until nobody reads them any more: stream | head -c 1000000 >bytes
 *   cc stream.c $(pkg-config --cflags --libs caponier-random) -o stream
 */
#include <caponier/random.h>
#include <stdio.h>

int main(void) {
  static unsigned char block[1 << 16];
  do caponier_random_fill(block, sizeof block);
  while (fwrite(block, sizeof block, 1, stdout) == 1);
  return 0;
}
