#include "lib/elf/image.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "lib/elf/builder_for_test.h"

namespace caponier::elf {
namespace {

struct Outcome {
  Result<Image> result;
  std::string what;
  u64 offset;
};

Outcome TryParse(const FileForTest& file, Machine expected = Machine::kX86_64, Policy policy = {}) {
  BytesReader reader(file.view());
  FirstDiagnostic diagnostic;
  auto result = Parse(reader, file.bytes.size(), expected, diagnostic, policy);
  return {std::move(result), std::string(diagnostic.what()), diagnostic.offset()};
}

void ExpectRefused(const FileForTest& file, Error error, std::string_view what, Machine expected = Machine::kX86_64) {
  Outcome outcome = TryParse(file, expected);
  ASSERT_FALSE(outcome.result.ok()) << "accepted, wanted: " << what;
  EXPECT_EQ(outcome.result.error(), error) << outcome.what;
  EXPECT_EQ(outcome.what, what);
}

TEST(Image, ReadsAProgram) {
  FileForTest file = ValidFile();
  Outcome outcome = TryParse(file);
  ASSERT_TRUE(outcome.result.ok()) << outcome.what;
  const Image& image = outcome.result.value();
  EXPECT_EQ(outcome.what, "");
  EXPECT_EQ(image.type, Type::kExecutable);
  EXPECT_EQ(image.entry, kBaseForTest + 0x1000);
  EXPECT_EQ(image.min_vaddr, kBaseForTest);
  EXPECT_EQ(image.span, 0x6000u);
  EXPECT_EQ(image.phdr_vaddr, kBaseForTest + sizeof(Header));
  EXPECT_EQ(image.phdr_count, 3);
  EXPECT_FALSE(image.interpreter);
  EXPECT_FALSE(image.tls);
  EXPECT_FALSE(image.executable_stack);
  ASSERT_EQ(image.segments().size(), 3u);
  EXPECT_TRUE(image.segments()[1].execute);
  EXPECT_FALSE(image.segments()[1].write);
  EXPECT_TRUE(image.segments()[2].write);
  EXPECT_EQ(image.segments()[2].end(), kBaseForTest + 0x5010);
}

TEST(Image, NamesTheWrongMachine) {
  ExpectRefused(ValidFile({}, Machine::kAarch64), Error::kNotSupported, "an AArch64 program, and this machine is x86-64");
  ExpectRefused(ValidFile(), Error::kNotSupported, "an x86-64 program, and this machine is AArch64", Machine::kAarch64);
  FileForTest file = ValidFile();
  file.header().machine = 243;
  ExpectRefused(file, Error::kNotSupported, "a RISC-V program, and this machine is x86-64");
  file.header().ident[kIdentClass] = kClass32;
  ExpectRefused(file, Error::kNotSupported, "a 32-bit program, and this machine runs 64-bit ones");
  file.header().machine = 3;
  ExpectRefused(file, Error::kNotSupported, "a 32-bit x86 program, and this machine is x86-64");
}

TEST(Image, IdentifiesTheMachine) {
  for (Machine machine : {Machine::kX86_64, Machine::kAarch64}) {
    FileForTest file = ValidFile({}, machine);
    BytesReader reader(file.view());
    FirstDiagnostic diagnostic;
    auto found = IdentifyMachine(reader, file.bytes.size(), diagnostic);
    ASSERT_TRUE(found.ok());
    EXPECT_EQ(found.value(), machine);
    file.header().ident[kIdentClass] = kClass32;
    EXPECT_FALSE(IdentifyMachine(reader, file.bytes.size(), diagnostic).ok());
    EXPECT_EQ(diagnostic.what(), "neither an x86-64 nor an AArch64 program");
  }
}

struct HeaderCase {
  const char* what;
  Error error;
  void (*spoil)(FileForTest&);
};

TEST(Image, RefusesEachBrokenField) {
  const HeaderCase cases[] = {
      {"not an ELF program", Error::kMalformed, [](FileForTest& f) { f.header().ident[1] = 'e'; }},
      {"not an ELF program", Error::kMalformed, [](FileForTest& f) { f.bytes.resize(3); }},
      {"not an ELF program", Error::kMalformed, [](FileForTest& f) { f.bytes.clear(); }},
      {"cut short inside the ELF header", Error::kMalformed, [](FileForTest& f) { f.bytes.resize(63); }},
      {"the ELF class is neither 32-bit nor 64-bit", Error::kMalformed,
       [](FileForTest& f) { f.header().ident[kIdentClass] = 3; }},
      {"a big-endian program, and this machine is little-endian", Error::kNotSupported,
       [](FileForTest& f) { f.header().ident[kIdentData] = kDataBig; }},
      {"the ELF byte order is unknown", Error::kMalformed, [](FileForTest& f) { f.header().ident[kIdentData] = 0; }},
      {"the ELF version is unknown", Error::kMalformed, [](FileForTest& f) { f.header().ident[kIdentVersion] = 2; }},
      {"the ELF version is unknown", Error::kMalformed, [](FileForTest& f) { f.header().version = 0; }},
      {"an object file, not a linked program", Error::kNotSupported, [](FileForTest& f) { f.header().type = kTypeRelocatable; }},
      {"a core dump, not a program", Error::kNotSupported, [](FileForTest& f) { f.header().type = kTypeCore; }},
      {"the ELF type is unknown", Error::kMalformed, [](FileForTest& f) { f.header().type = 0xfe00; }},
      {"the ELF header gives itself a wrong size", Error::kMalformed, [](FileForTest& f) { f.header().ehsize = 52; }},
      {"no program headers", Error::kMalformed, [](FileForTest& f) { f.header().phnum = 0; }},
      {"the program headers have a wrong size", Error::kMalformed, [](FileForTest& f) { f.header().phentsize = 32; }},
      {"too many program headers", Error::kMalformed, [](FileForTest& f) { f.header().phnum = 0xffff; }},
      {"too many program headers", Error::kMalformed, [](FileForTest& f) { f.header().phnum = 1171; }},
      {"the program headers end past the end of the file", Error::kMalformed,
       [](FileForTest& f) { f.header().phoff = 0x3000 - 167; }},
      {"the program headers end past the end of the file", Error::kMalformed,
       [](FileForTest& f) { f.header().phoff = ~u64{0} - 8; }},
      {"the program headers end past the end of the file", Error::kMalformed, [](FileForTest& f) { f.bytes.resize(100); }},
      {"a segment has more bytes in the file than in memory", Error::kMalformed,
       [](FileForTest& f) { f.segment(2).memsz = 0xff; }},
      {"a segment ends past the end of the file", Error::kMalformed, [](FileForTest& f) { f.bytes.resize(0x210f); }},
      {"a segment ends past the end of the file", Error::kMalformed,
       [](FileForTest& f) { f.segment(2).offset = ~u64{0} - 0xfef; }},
      {"a segment wraps around the address space", Error::kMalformed,
       [](FileForTest& f) { f.segment(2).vaddr = ~u64{0} - 0xfef; }},
      {"a segment wraps around the address space", Error::kMalformed,
       [](FileForTest& f) { f.segment(2).memsz = ~u64{0} - kBaseForTest - 0x3010; }},
      {"a segment's alignment is not a power of two", Error::kMalformed, [](FileForTest& f) { f.segment(2).align = 0x1800; }},
      {"a segment's alignment is over 1 GiB", Error::kMalformed, [](FileForTest& f) { f.segment(2).align = 1ull << 31; }},
      {"a segment lies at different page offsets in the file and in memory", Error::kMalformed,
       [](FileForTest& f) { f.segment(2).offset = 0x2020; }},
      {"a segment is both writable and executable", Error::kNotPermitted, [](FileForTest& f) { f.segment(2).flags = 7; }},
      {"a segment is both writable and executable", Error::kNotPermitted, [](FileForTest& f) { f.segment(1).flags = 3; }},
      {"the segments are not in order of address", Error::kMalformed,
       [](FileForTest& f) { f.segment(2).vaddr = kBaseForTest + 0x10; }},
      {"two segments overlap", Error::kMalformed, [](FileForTest& f) { f.segment(2).vaddr = kBaseForTest + 0x1010; }},
      {"two segments overlap", Error::kMalformed, [](FileForTest& f) { f.segment(1).memsz = 0x2011; }},
      {"two segments share a page", Error::kMalformed, [](FileForTest& f) { f.segment(1).memsz = 0x2010; }},
      {"two segments share a page", Error::kMalformed, [](FileForTest& f) { f.segment(1).memsz = 0x2001; }},
      {"nothing to load", Error::kMalformed,
       [](FileForTest& f) { f.segment(0).type = f.segment(1).type = f.segment(2).type = u32{0}; }},
      {"the entry point lies outside every executable segment", Error::kMalformed,
       [](FileForTest& f) { f.header().entry = kBaseForTest + 0x1800; }},
      {"the entry point lies outside every executable segment", Error::kMalformed,
       [](FileForTest& f) { f.header().entry = kBaseForTest + 0xfff; }},
      {"the entry point lies outside every executable segment", Error::kMalformed, [](FileForTest& f) { f.header().entry = 0; }},
  };
  for (const HeaderCase& test : cases) {
    FileForTest file = ValidFile();
    test.spoil(file);
    ExpectRefused(file, test.error, test.what);
  }
}

TEST(Image, RefusesTheWorstOfEveryFile) {
  // Whatever the length, a truncated file is refused with a reason or parsed without a read outside it.
  FileForTest whole = ValidFile({SegmentForTest(kSegmentInterpreter, kFlagRead, 0x200, 0, 8, 8, 1)});
  std::memcpy(whole.bytes.data() + 0x200, "/lib/ld", 8);
  for (size_t length = 0; length < 0x2110; length++) {
    FileForTest file = whole;
    file.bytes.resize(length);
    Outcome outcome = TryParse(file);
    ASSERT_FALSE(outcome.result.ok()) << length;
    ASSERT_NE(outcome.what, "") << length;
  }
}

TEST(Image, MayAllowWritableExecutable) {
  FileForTest file = ValidFile();
  file.segment(2).flags = 7;
  Outcome outcome = TryParse(file, Machine::kX86_64, WritableExecutable::kAllow);
  ASSERT_TRUE(outcome.result.ok());
  EXPECT_TRUE(outcome.result.value().segments()[2].write && outcome.result.value().segments()[2].execute);
}

TEST(Image, TakesUpTo32Segments) {
  for (size_t count : {kMaxLoadSegments, kMaxLoadSegments + 1}) {
    std::vector<ProgramHeader> segments;
    for (size_t i = 0; i < count; i++) {
      segments.push_back(
          SegmentForTest(kSegmentLoad, kFlagRead | kFlagExecute, 0, kBaseForTest + i * 0x1000, 0x10, 0x10, 0x1000));
    }
    FileForTest file = MakeFile(segments, 0x1000, Machine::kX86_64, kTypeExecutable, kBaseForTest);
    Outcome outcome = TryParse(file);
    EXPECT_EQ(outcome.result.ok(), count == kMaxLoadSegments);
    EXPECT_EQ(outcome.what, count == kMaxLoadSegments ? "" : "more than 32 loadable segments");
  }
}

TEST(Image, MayIgnoreTheEntryPoint) {
  FileForTest file = ValidFile();
  file.header().entry = 0;
  EXPECT_FALSE(TryParse(file).result.ok());
  EXPECT_TRUE(TryParse(file, Machine::kX86_64, {WritableExecutable::kRefuse, EntryPoint::kAny}).result.ok());
}

TEST(Image, FindsTheDynamicSection) {
  auto dynamic = SegmentForTest(kSegmentDynamic, kFlagRead, 0x2010, kBaseForTest + 0x3010, 0x100, 0x100, 8);
  Outcome outcome = TryParse(ValidFile({dynamic}));
  ASSERT_TRUE(outcome.result.ok());
  EXPECT_EQ(outcome.result.value().dynamic->start, 0x2010u);
  EXPECT_EQ(outcome.result.value().dynamic->size, 0x100u);
  ExpectRefused(ValidFile({dynamic, dynamic}), Error::kMalformed, "two dynamic sections");
  dynamic.filesz = 0xff1;
  ExpectRefused(ValidFile({dynamic}), Error::kMalformed, "the dynamic section ends past the end of the file");
}

TEST(Image, AnAbsurdSpanIsTheCallersAffair) {
  FileForTest file = ValidFile();
  file.segment(2).memsz = 8 * kGiB;
  Outcome outcome = TryParse(file);
  ASSERT_TRUE(outcome.result.ok());
  EXPECT_EQ(outcome.result.value().span, 8 * kGiB + 0x4000);
}

TEST(Image, SkipsEmptySegmentsAndMapsZeroesAnywhere) {
  FileForTest file = ValidFile();
  file.segment(0).filesz = file.segment(0).memsz = u64{0};
  file.segment(2).filesz = 0;
  file.segment(2).offset = 0x2abc;
  Outcome outcome = TryParse(file);
  ASSERT_TRUE(outcome.result.ok()) << outcome.what;
  EXPECT_EQ(outcome.result.value().segments().size(), 2u);
  EXPECT_FALSE(outcome.result.value().phdr_vaddr);
}

TEST(Image, ReadsTheInterpreter) {
  FileForTest file = ValidFile({SegmentForTest(kSegmentInterpreter, kFlagRead, 0x200, 0, 16, 16, 1)});
  std::memcpy(file.bytes.data() + 0x200, "/lib/ld.so\0pad..", 16);
  ExpectRefused(file, Error::kMalformed, "the interpreter's path is not terminated");
  file.bytes[0x20f] = std::byte{0};
  Outcome outcome = TryParse(file);
  ASSERT_TRUE(outcome.result.ok()) << outcome.what;
  BytesReader reader(file.view());
  FirstDiagnostic diagnostic;
  char buffer[kMaxInterpreterBytes];
  auto path = ReadInterpreter(reader, outcome.result.value(), buffer, diagnostic);
  ASSERT_TRUE(path.ok());
  EXPECT_EQ(path.value(), "/lib/ld.so");
  EXPECT_FALSE(ReadInterpreter(reader, outcome.result.value(), std::span(buffer, 15), diagnostic).ok());
  // The file changes between the two calls.
  std::memset(file.bytes.data() + 0x200, 'x', 16);
  EXPECT_FALSE(ReadInterpreter(reader, outcome.result.value(), buffer, diagnostic).ok());
  EXPECT_EQ(diagnostic.what(), "the interpreter's path is empty or not terminated");
}

TEST(Image, RefusesABrokenInterpreter) {
  auto with = [](u64 offset, u64 size) {
    return ValidFile({SegmentForTest(kSegmentInterpreter, kFlagRead, offset, 0, size, size, 1)});
  };
  ExpectRefused(with(0x200, 1), Error::kMalformed, "the interpreter's path is empty");
  ExpectRefused(with(0x200, 2), Error::kMalformed, "the interpreter's path is empty");
  ExpectRefused(with(0x200, 4097), Error::kMalformed, "the interpreter's path is too long");
  ExpectRefused(with(0x2ff0, 17), Error::kMalformed, "the interpreter's path ends past the end of the file");
  FileForTest file = ValidFile({SegmentForTest(kSegmentInterpreter, kFlagRead, 0x200, 0, 3, 3, 1),
                                SegmentForTest(kSegmentInterpreter, kFlagRead, 0x200, 0, 3, 3, 1)});
  std::memcpy(file.bytes.data() + 0x200, "/a", 3);
  ExpectRefused(file, Error::kMalformed, "two interpreters");
}

TEST(Image, HeedsWhatOneSegmentAloneAsksFor) {
  const auto alignment = [](std::initializer_list<u64> of_each) {
    FileForTest file = ValidFile();
    size_t at = 0;
    for (const u64 align : of_each) file.segment(at++).align = align;
    return TryParse(file).result.value().alignment;
  };
  EXPECT_EQ(alignment({kPageSize, kPageSize, kPageSize}), kPageSize);
  EXPECT_EQ(alignment({u64{1} << 21, u64{1} << 21, u64{1} << 21}), kPageSize);  // how large a page may be
  EXPECT_EQ(alignment({kPageSize, kPageSize, u64{1} << 21}), u64{1} << 21);
  EXPECT_EQ(alignment({u64{1} << 18, kPageSize, u64{1} << 16}), u64{1} << 18);
  EXPECT_EQ(alignment({1, 8, 16}), kPageSize);
}

TEST(Image, ReadsTlsRelroAndStack) {
  Outcome outcome =
      TryParse(ValidFile({SegmentForTest(kSegmentTls, kFlagRead, 0x2010, kBaseForTest + 0x3010, 0x10, 0x30, 16),
                          SegmentForTest(kSegmentGnuRelro, kFlagRead, 0x2010, kBaseForTest + 0x3010, 0x10, 0xff0, 1),
                          SegmentForTest(kSegmentGnuStack, 7, 0, 0, 0, 0, 16)}));
  ASSERT_TRUE(outcome.result.ok()) << outcome.what;
  const Image& image = outcome.result.value();
  ASSERT_TRUE(image.tls);
  EXPECT_EQ(image.tls->mem_size, 0x30u);
  EXPECT_EQ(image.tls->align, 16u);
  ASSERT_TRUE(image.relro);
  EXPECT_EQ(image.relro->start, kBaseForTest + 0x3010);
  EXPECT_EQ(image.relro->size, 0xff0u);
  EXPECT_TRUE(image.executable_stack);
}

TEST(Image, RefusesBrokenTlsAndRelro) {
  auto tls = [](u64 offset, u64 vaddr, u64 filesz, u64 memsz, u64 align) {
    return ValidFile({SegmentForTest(kSegmentTls, kFlagRead, offset, vaddr, filesz, memsz, align)});
  };
  ExpectRefused(tls(0, 0, 2, 1, 1), Error::kMalformed, "the thread-local segment has more bytes in the file than in memory");
  ExpectRefused(tls(0x2fff, 0, 2, 2, 1), Error::kMalformed, "the thread-local segment ends past the end of the file");
  ExpectRefused(tls(0, ~u64{0}, 0, 2, 1), Error::kMalformed, "the thread-local segment wraps");
  ExpectRefused(tls(0, 0, 1, 2, 3), Error::kMalformed, "the thread-local segment's alignment is not a power of two");
  ExpectRefused(ValidFile({SegmentForTest(kSegmentGnuRelro, 4, 0, ~u64{0}, 1, 2, 1)}), Error::kMalformed,
                "the read-only-after-relocation range wraps");
  ExpectRefused(ValidFile({SegmentForTest(kSegmentTls, 4, 0, 0, 0, 0, 0), SegmentForTest(kSegmentTls, 4, 0, 0, 0, 0, 0)}),
                Error::kMalformed, "two thread-local segments");
}

// A reader of a file list that fails: its error must come through unchanged.
class FailingReader final : public Reader {
 public:
  FailingReader(Bytes file, int successes) : inner_(file), left_(successes) {}
  Result<void> ReadAt(u64 offset, MutableBytes out) override {
    if (left_-- == 0) return Error::kIo;
    return inner_.ReadAt(offset, out);
  }

 private:
  BytesReader inner_;
  int left_;
};

TEST(Image, PassesTheReadersErrorOn) {
  FileForTest file = ValidFile();
  int reads = 0;
  for (;; reads++) {
    FailingReader reader(file.view(), reads);
    FirstDiagnostic diagnostic;
    auto result = Parse(reader, file.bytes.size(), Machine::kX86_64, diagnostic);
    if (result.ok()) break;
    ASSERT_EQ(result.error(), Error::kIo) << reads;
  }
  EXPECT_EQ(reads, 5);  // magic, header, three program headers
}

std::vector<std::byte> PropertyNote(u32 type, u32 bits) {
  const u32 words[] = {4, 16, 5, 0x00554e47, type, 4, bits, 0};
  auto bytes = std::as_bytes(std::span(words));
  return {bytes.begin(), bytes.end()};
}

TEST(Image, ReadsProperties) {
  struct {
    Machine machine;
    u32 type, bits;
    bool branch, returns, shadow;
  } cases[] = {
      {Machine::kX86_64, 0xc0000002, 1, true, false, false},  {Machine::kX86_64, 0xc0000002, 2, false, false, true},
      {Machine::kX86_64, 0xc0000000, 3, false, false, false}, {Machine::kAarch64, 0xc0000000, 1, true, false, false},
      {Machine::kAarch64, 0xc0000000, 2, false, true, false}, {Machine::kAarch64, 0xc0000000, 7, true, true, true},
  };
  for (const auto& test : cases) {
    FileForTest file = ValidFile({SegmentForTest(kSegmentGnuProperty, kFlagRead, 0x300, 0, 32, 32, 8)}, test.machine);
    auto note = PropertyNote(test.type, test.bits);
    std::memcpy(file.bytes.data() + 0x300, note.data(), note.size());
    Outcome outcome = TryParse(file, test.machine);
    ASSERT_TRUE(outcome.result.ok()) << outcome.what;
    EXPECT_EQ(outcome.result.value().properties.branch_targets, test.branch);
    EXPECT_EQ(outcome.result.value().properties.signed_returns, test.returns);
    EXPECT_EQ(outcome.result.value().properties.shadow_stack, test.shadow);
  }
}

TEST(Image, RefusesBrokenProperties) {
  auto with = [](u64 size, size_t word, u32 value) {
    FileForTest file = ValidFile({SegmentForTest(kSegmentGnuProperty, kFlagRead, 0x300, 0, size, size, 8)});
    auto note = PropertyNote(0xc0000002, 1);
    std::memcpy(file.bytes.data() + 0x300, note.data(), note.size());
    file.At<Le32>(0x300 + 4 * word) = value;
    return file;
  };
  ExpectRefused(with(15, 7, 0), Error::kMalformed, "the program property note is cut short");
  ExpectRefused(with(1025, 7, 0), Error::kMalformed, "the program property note is too long");
  ExpectRefused(with(32, 0, 5), Error::kMalformed, "the program property note is of another kind");
  ExpectRefused(with(32, 2, 1), Error::kMalformed, "the program property note is of another kind");
  ExpectRefused(with(32, 3, 1), Error::kMalformed, "the program property note is of another kind");
  ExpectRefused(with(32, 1, 17), Error::kMalformed, "the program property note ends past its segment");
  ExpectRefused(with(32, 1, 7), Error::kMalformed, "a program property is cut short");
  ExpectRefused(with(32, 5, 9), Error::kMalformed, "a program property ends past its note");
  ExpectRefused(with(32, 5, 8), Error::kMalformed, "the feature property has the wrong size");
  ExpectRefused(with(32, 1, 12), Error::kMalformed, "a program property lacks its padding");
}

}  // namespace
}  // namespace caponier::elf
