#include "tool/pack/program_data.h"

#include <gtest/gtest.h>

#include "tool/testing/make_elf_for_test.h"
#include "tool/testing/temp_dir_for_test.h"

namespace caponier::tool {
namespace {

class ProgramDataTest : public testing::Test {
 protected:
  std::vector<std::string> Add(const std::string& program, Arch arch = Arch::kX86_64) {
    files_ = FileSet();
    return AddProgramData(files_, Tree(dir_.path()), program, arch);
  }
  bool Has(const std::string& path) const { return files_.Find(path) != nullptr; }

  TempDir dir_;
  FileSet files_;
};

TEST_F(ProgramDataTest, FollowsTheProgramsNameWithAnyVersion) {
  dir_.Write("usr/lib/ruby/json.rb", "");
  for (const char* name : {"/usr/bin/ruby", "/usr/bin/ruby3.1", "/opt/ruby-head"}) {
    Add(name);
    EXPECT_TRUE(Has("/usr/lib/ruby/json.rb")) << name;
  }
  for (const char* name : {"/usr/bin/rubyist", "/usr/bin/my-ruby", "/usr/bin/rub"}) {
    Add(name);
    EXPECT_FALSE(Has("/usr/lib/ruby/json.rb")) << name;
  }
}

TEST_F(ProgramDataTest, TakesTheArchitecturesOwnDirectoryAndNamesItsObjects) {
  dir_.Write("usr/lib/x86_64-linux-gnu/graphviz/libgvplugin_core.so.6", MakeElf({}));
  dir_.Write("usr/lib/aarch64-linux-gnu/graphviz/libgvplugin_core.so.6", MakeElf({.arch = Arch::kAarch64}));
  EXPECT_EQ(Add("/usr/sbin/libgvc6-config-update"),
            std::vector<std::string>{"/usr/lib/x86_64-linux-gnu/graphviz/libgvplugin_core.so.6"});
  EXPECT_EQ(Add("/usr/sbin/libgvc6-config-update", Arch::kAarch64),
            std::vector<std::string>{"/usr/lib/aarch64-linux-gnu/graphviz/libgvplugin_core.so.6"});
}

TEST_F(ProgramDataTest, JavaIsWhatLiesAroundIt) {
  dir_.Write("usr/lib/jvm/java-17-openjdk-amd64/lib/modules", "");
  dir_.Write("usr/lib/jvm/java-17-openjdk-amd64/lib/src.zip", "");
  dir_.Write("usr/lib/jvm/java-17-openjdk-amd64/jmods/java.base.jmod", "");
  dir_.Write("etc/java-17-openjdk/security/java.security", "");
  Add("/usr/lib/jvm/java-17-openjdk-amd64/bin/java");
  EXPECT_TRUE(Has("/usr/lib/jvm/java-17-openjdk-amd64/lib/modules"));
  EXPECT_TRUE(Has("/etc/java-17-openjdk/security/java.security"));
  EXPECT_FALSE(Has("/usr/lib/jvm/java-17-openjdk-amd64/lib/src.zip"));
  EXPECT_FALSE(Has("/usr/lib/jvm/java-17-openjdk-amd64/jmods"));
}

}  // namespace
}  // namespace caponier::tool
