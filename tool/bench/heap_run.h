// One workload over one allocator, run and measured, for `caponier bench heap`.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace caponier::tool::bench {

struct HeapPeer {
  std::string name;
  std::string preload;      // a library; empty: none
  std::string program;      // what runs the workloads
  bool runs_others = true;  // real programs can be run over it
  std::string absent = {};  // why it cannot be measured; empty when it can
};

struct HeapWork {
  std::string name;
  std::vector<std::string> command;  // empty: the peer's program with the name
  std::string half = {};             // the workload that is what one of this one's two threads does; empty where there are none
  std::string file = {};             // what is executed, where the command's first word is only its name for itself
  std::vector<std::string> client = {};  // the command is a server's that this asks, over no peer, and SIGTERM ends
  std::string absent = {};               // why it cannot be done; empty when it can
};

// In the commands of a server and its client: the path of the socket it listens to, in a folder of its own that goes with it.
constexpr std::string_view kSocketWord = "{socket}";

// Of a server, the time that its client takes, and its own processor time and memory.
struct HeapRun {
  double wall_ms, cpu_ms, peak_kib;
};

// Throws Failure when it ends otherwise than with status 0. Nothing that was started is left then.
HeapRun RunHeapWork(const HeapPeer& peer, const HeapWork& work);

}  // namespace caponier::tool::bench
