// The quickest clock of the machine that the kernel is built for.
#pragma once

#include "lib/arch/arm_instructions.h"
#include "lib/arch/x86_instructions.h"
