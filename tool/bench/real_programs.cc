#include "tool/bench/real_programs.h"

#include <fmt/format.h>

#include <filesystem>

#include "tool/failure.h"

namespace caponier::tool::bench {

std::vector<RealProgram> RealPrograms() {
  const std::string inserts =
      "CREATE TABLE t(a INTEGER PRIMARY KEY, b TEXT, c REAL); BEGIN;"
      "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100000)"
      " INSERT INTO t SELECT i, 'row ' || i, i * 0.5 FROM n; COMMIT; SELECT count(*), sum(a) FROM t;";
  return {
      {"python3 hello", {"python3", "-c", "print('hello')"}, {"/usr/lib/python3.11"}, "hello\n"},
      {"sqlite3, 100,000 inserts, file", {"sqlite3", "/tmp/t.db", inserts}, {}, "100000|5000050000\n"},
      {"sqlite3, 100,000 inserts, memory", {"sqlite3", ":memory:", inserts}, {}, "100000|5000050000\n"},
  };
}

std::string Sysroot(Arch arch, const std::string& build) {
  const std::string root = std::filesystem::path(build).parent_path().string();
  Progress("unpacking Debian's programs");
  const Finished made = RunCommand({root + "/tests/sysroot", std::string(NameOf(arch))}, {}, std::chrono::seconds(600));
  const std::string directory = fmt::format("{}/sysroot/{}", build, NameOf(arch));
  if (!made.ended || made.status != 0 || !std::filesystem::is_directory(directory))
    throw Failure("bench: no Debian programs to run: tests/sysroot failed");
  return directory;
}

void RequireOutput(const Finished& finished, std::string_view guest, const RealProgram& program) {
  Require(finished, guest, 0);
  if (finished.output != program.output)
    throw Failure(fmt::format("bench: {} printed something else in the {}: {}", program.name, guest, finished.output));
}

}  // namespace caponier::tool::bench
