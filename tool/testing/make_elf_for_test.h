// ELF files for tests: as much of a program or library as the tool reads.
#pragma once

#include <string>
#include <vector>

#include "lib/base/bytes.h"
#include "lib/elf/format.h"
#include "tool/host/elf_file.h"

namespace caponier::tool {

struct ElfRecipe {
  Arch arch = Arch::kX86_64;
  std::string interpreter = {};
  std::vector<std::string> needed = {};
  std::string rpath = {}, runpath = {};
  std::string code = "\xc3";
};

inline std::string MakeElf(const ElfRecipe& recipe) {
  std::string strings(1, '\0');
  const auto name = [&](const std::string& text) {
    const u64 at = strings.size();
    strings += text + '\0';
    return at;
  };
  std::vector<elf::DynamicRecord> records;
  const auto record = [&](u64 tag, u64 value) { records.push_back({tag, value}); };
  for (const std::string& library : recipe.needed) record(elf::kDynamicNeeded, name(library));
  if (!recipe.rpath.empty()) record(elf::kDynamicRpath, name(recipe.rpath));
  if (!recipe.runpath.empty()) record(elf::kDynamicRunpath, name(recipe.runpath));
  const std::string interpreter = recipe.interpreter.empty() ? "" : recipe.interpreter + '\0';

  std::vector<elf::ProgramHeader> headers(1);
  const u64 phnum = 1 + !interpreter.empty() + !records.empty();
  const u64 interpreter_at = sizeof(elf::Header) + phnum * sizeof(elf::ProgramHeader);
  const u64 strings_at = AlignUp(interpreter_at + interpreter.size(), 8);
  const u64 dynamic_at = AlignUp(strings_at + strings.size(), 8);
  if (!records.empty()) {
    record(elf::kDynamicStrings, strings_at);
    record(elf::kDynamicStringsSize, strings.size());
    record(elf::kDynamicNull, 0);
  }
  const u64 dynamic_size = records.size() * sizeof(elf::DynamicRecord);
  const u64 code_at = AlignUp(dynamic_at + dynamic_size, 16);
  const u64 size = code_at + recipe.code.size();

  const auto header = [](u32 type, u64 at, u64 bytes, u32 flags) {
    elf::ProgramHeader each{};
    each.type = type;
    each.flags = flags;
    each.offset = at;
    each.vaddr = at;
    each.filesz = bytes;
    each.memsz = bytes;
    each.align = type == elf::kSegmentLoad ? kPageSize : 8;
    return each;
  };
  headers[0] = header(elf::kSegmentLoad, 0, size, elf::kFlagRead | elf::kFlagExecute);
  if (!interpreter.empty())
    headers.push_back(header(elf::kSegmentInterpreter, interpreter_at, interpreter.size(), elf::kFlagRead));
  if (!records.empty()) headers.push_back(header(elf::kSegmentDynamic, dynamic_at, dynamic_size, elf::kFlagRead));

  elf::Header file = elf::NewHeader(elf::kTypeDynamic, MachineOf(recipe.arch));
  file.entry = code_at;
  file.phnum = static_cast<u16>(headers.size());

  std::string out(size, '\0');
  const auto put = [&](u64 at, std::string_view bytes) { out.replace(at, bytes.size(), bytes); };
  put(0, AsText(BytesOf(file)));
  for (size_t i = 0; i < headers.size(); i++)
    put(sizeof(elf::Header) + i * sizeof(elf::ProgramHeader), AsText(BytesOf(headers[i])));
  put(interpreter_at, interpreter);
  put(strings_at, strings);
  for (size_t i = 0; i < records.size(); i++) put(dynamic_at + i * sizeof(elf::DynamicRecord), AsText(BytesOf(records[i])));
  put(code_at, recipe.code);
  return out;
}

}  // namespace caponier::tool
