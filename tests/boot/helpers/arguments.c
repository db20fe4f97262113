// Prints how many arguments and variables a program got and how many bytes they take with their NULs, as Linux counts them.
#include <stdio.h>
#include <string.h>

extern char** environ;

static unsigned long Bytes(char** strings, int* count) {
  unsigned long bytes = 0;
  for (*count = 0; strings[*count] != NULL; ++*count) bytes += strlen(strings[*count]) + 1;
  return bytes;
}

int main(int count, char** words) {
  int variables;
  const unsigned long bytes = Bytes(words + 1, &count), more = Bytes(environ, &variables);
  printf("%d arguments %lu bytes, %d variables %lu bytes\n", count, bytes, variables, more);
  return 3;
}
