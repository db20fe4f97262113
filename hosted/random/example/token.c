/* Prints a token of 128 random bits, and a throw of a die.
 *   cc token.c $(pkg-config --cflags --libs caponier-random) -o token
 */
#include <caponier/random.h>
#include <stdio.h>

int main(void) {
  unsigned char token[16];
  caponier_random_fill(token, sizeof token);
  for (size_t i = 0; i < sizeof token; i++) printf("%02x", token[i]);
  printf(" %u\n", 1 + (unsigned)caponier_random_uniform(6));
  return 0;
}
