// The parts of the tour. Each adds its lines to the table.
#pragma once

#include "guest/tour/table.h"

namespace caponier::tour {

void ShowRandomness(Table& table);
void ShowLayout(Table& table);
void ShowProtection(Table& table);
void ShowAttacks(Table& table);
void ShowKernelAttacks(Table& table);
void ShowTags(Table& table);

}  // namespace caponier::tour
