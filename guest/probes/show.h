// How the probes print what a call returned.
#pragma once

#include <errno.h>
#include <stdio.h>

static inline void Show(const char* what, long result) {
  if (result == -1) {
    printf("%s: errno %d\n", what, errno);
  } else {
    printf("%s: %ld\n", what, result);
  }
}
