#include "lib/heap/settings.h"

#include <gtest/gtest.h>

namespace caponier::heap {
namespace {

bool Reads(std::string_view text, Settings* settings) {
  SettingsError error;
  return ReadSettings(text, settings, &error);
}

TEST(Settings, NothingAskedForIsTheSafeDefault) {
  Settings settings;
  EXPECT_TRUE(Reads("", &settings));
  EXPECT_EQ(settings.tagging, Tagging::kSync);
  EXPECT_TRUE(settings.zero && settings.canary);
  EXPECT_EQ(settings.check, Check::kAuto);
  EXPECT_EQ(settings.quarantine, 32u);
  EXPECT_EQ(settings.record, 0u);
}

TEST(Settings, EveryWordIsRead) {
  Settings settings;
  EXPECT_TRUE(
      Reads("tagging=asymm,scope=all,zero=off,check=off,canary=off,shuffle=on,quarantine=128,sample=1000,record=on,arena=2T",
            &settings));
  EXPECT_EQ(settings.tagging, Tagging::kAsymmetric);
  EXPECT_EQ(settings.scope, TagScope::kAll);
  EXPECT_FALSE(settings.zero || settings.canary);
  EXPECT_EQ(settings.check, Check::kOff);
  EXPECT_TRUE(settings.shuffle);
  EXPECT_EQ(settings.quarantine, 128u);
  EXPECT_EQ(settings.sample, 1000u);
  EXPECT_EQ(settings.record, 16u);
  EXPECT_EQ(settings.arena_bytes, 2048 * kGiB);
  for (const auto& [word, tagging] :
       {std::pair("tagging=off", Tagging::kOff), {"tagging=async", Tagging::kAsync}, {"tagging=sync", Tagging::kSync}}) {
    EXPECT_TRUE(Reads(word, &settings));
    EXPECT_EQ(settings.tagging, tagging);
  }
  for (const auto& [word, record] : {std::pair("record=64", 64u), {"record=off", 0u}, {"record=1", 1u}}) {
    EXPECT_TRUE(Reads(word, &settings));
    EXPECT_EQ(settings.record, record);
  }
}

TEST(Settings, WhatIsWrongIsNamed) {
  for (const std::string_view wrong :
       {"zeor=on",      "zero",           "zero=",         "zero=yes",    "=on",           "tagging=4",
        "scope=kernel", "quarantine=129", "quarantine=-1", "quarantine=", "quarantine=3x", "sample=4294967297",
        "record=0",     "record=65",      "record=yes",    "record=",     "record",        "sample=99999999999999999999",
        "arena=3G",     "arena=1M",       "arena=128T",    "arena=G",     "arena=1P",      "arena=99999999T",
        " zero=on"}) {
    Settings settings;
    SettingsError error;
    const std::string text = "canary=off," + std::string(wrong) + ",check=off";
    EXPECT_FALSE(ReadSettings(text, &settings, &error)) << wrong;
    EXPECT_EQ(error.word, wrong);
    EXPECT_FALSE(error.expected.empty());
  }
}

}  // namespace
}  // namespace caponier::heap
