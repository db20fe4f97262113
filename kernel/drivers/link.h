// The link to the tool over virtio-serial: frames of lib/link out and in, the console backend of kernel/fs on top.
#pragma once

#include <string_view>

#include "kernel/boot/boot_info.h"
#include "kernel/fs/console.h"
#include "kernel/sched/thread.h"
#include "lib/base/result.h"
#include "lib/link/protocol.h"

namespace caponier::drivers::link {

// Finds the console device among the slots and starts it. kNoDevice when there is none.
Result<void> Init(const boot::BootInfo& info);
// Brings up the port, once after Init, by asking the emulator and waiting for its answers.
Result<void> Open();
fs::ConsoleBackend& Console();
// Whom signals from the tool (Ctrl-C) are for, once there is a program.
void SetProgram(sched::Process* process);
void SetWindow(u16 rows, u16 columns);

// Each waits until the device has taken the frame. Before Open the text goes to the early console.
void SendMessage(std::string_view line);
void SendCrashText(std::string_view lines);
void SendReport(std::string_view part);
void SendSeed(Bytes seed);
void SendOutput(Bytes bytes);  // as the program's standard output
void TraceLine(std::string_view line);
void SendExit(::caponier::link::ExitCause cause, u32 status);

}  // namespace caponier::drivers::link
