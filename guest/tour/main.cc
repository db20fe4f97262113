// The tour: what `caponier run` runs when it is given no program. An ordinary Linux program, it looks at its own machine from
// inside and shows what holds, each line with its evidence. It exits with 1 when a line fails.
//
// It prints no address: places are shown as bits of spread and as powers of two between regions. What it draws at random is drawn to
// be shown and used for nothing else.
#include <stdio.h>
#include <sys/utsname.h>

#include "guest/tour/stops.h"

int main() {
  using namespace caponier::tour;
  Table table;
  utsname name = {};
  uname(&name);
  char title[512];
  snprintf(title, sizeof title, "caponier tour: what holds inside this machine (%s %s, %s)", name.sysname, name.release,
           name.machine);
  table.Title(title);
  ShowRandomness(table);
  ShowLayout(table);
  ShowProtection(table);
  ShowAttacks(table);
  ShowKernelAttacks(table);
  ShowTags(table);
  return table.Finish();
}
