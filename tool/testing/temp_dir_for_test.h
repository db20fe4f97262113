// A directory for one test, with helpers to fill it; gone afterwards.
#pragma once

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

namespace caponier::tool {

class TempDir {
 public:
  TempDir() {
    std::string pattern = std::filesystem::canonical(std::filesystem::temp_directory_path()).string() + "/caponier-test-XXXXXX";
    path_ = mkdtemp(pattern.data());
  }
  TempDir(const TempDir&) = delete;
  TempDir& operator=(const TempDir&) = delete;
  ~TempDir() { std::filesystem::remove_all(path_); }

  const std::string& path() const { return path_; }
  std::string operator/(const std::string& name) const { return path_ + "/" + name; }
  std::string Write(const std::string& name, const std::string& bytes, mode_t mode = 0644) const {
    const std::string file = *this / name;
    std::filesystem::create_directories(std::filesystem::path(file).parent_path());
    std::ofstream(file, std::ios::binary) << bytes;
    EXPECT_EQ(chmod(file.c_str(), mode), 0);
    return file;
  }
  void Link(const std::string& name, const std::string& target) const {
    std::filesystem::create_directories(std::filesystem::path(*this / name).parent_path());
    EXPECT_EQ(symlink(target.c_str(), (*this / name).c_str()), 0);
  }

 private:
  std::string path_;
};

}  // namespace caponier::tool
