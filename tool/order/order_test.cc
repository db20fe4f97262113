#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <functional>
#include <map>
#include <numeric>
#include <random>
#include <set>

#include "lib/elf/symbols.h"
#include "tool/order/boot_kernel.h"
#include "tool/order/kernel_for_test.h"
#include "tool/order/physical_place.h"

namespace caponier::tool::order {
namespace {

using K = KernelForTest;

// The draws that a kernel's order is made of, at their edges and between.
std::vector<std::pair<std::string, Draw>> Draws(u64 random_ones = 50) {
  std::vector<std::pair<std::string, Draw>> draws{
      {"last", [](u64 bound) { return bound - 1; }},  // the order as linked, the longest sleds
      {"first", [](u64) { return u64{0}; }},
      {"middle", [](u64 bound) { return bound / 2; }},
  };
  for (u64 seed = 1; seed <= random_ones; seed++)
    draws.emplace_back("random", [random = std::mt19937_64(seed)](u64 bound) mutable { return random() % bound; });
  return draws;
}

struct Made {
  std::vector<std::byte> file;
  LinkedKernel kernel;
  Placement placement;
  ReorderedKernel reordered;
  PlaceMap places;

  Made(std::vector<std::byte> bytes, const Draw& draw) : file(std::move(bytes)) {
    FirstDiagnostic diagnostic;
    Result<LinkedKernel> read = ReadKernel(file, diagnostic);
    EXPECT_TRUE(read.ok()) << diagnostic.what() << " at " << diagnostic.offset();
    if (!read.ok()) return;
    kernel = std::move(read).value();
    placement = Place(kernel, draw);
    Result<ReorderedKernel> result = Reorder(kernel, placement, diagnostic);
    EXPECT_TRUE(result.ok()) << diagnostic.what() << " at " << diagnostic.offset();
    if (!result.ok()) return;
    reordered = std::move(result).value();
    places = PlaceMap(kernel, placement);
  }

  // Where what was linked at `address` stands now.
  u64 Now(u64 address) const {
    if (address >= kernel.text_bytes) return address + reordered.growth;
    const size_t function = kernel.FunctionAt(address).value();
    return placement.begins[function] + (address - kernel.functions[function].begin);
  }
  template <typename T>
  T At(u64 linked) const {
    Le<T> value;
    std::memcpy(&value, reordered.image.data() + Now(linked), sizeof(value));
    return value;
  }
};

// Why a file is refused: by ReadKernel or by Reorder.
std::string Refusal(const std::vector<std::byte>& file) {
  FirstDiagnostic diagnostic;
  const Result<LinkedKernel> kernel = ReadKernel(file, diagnostic);
  if (kernel.ok() && Reorder(kernel.value(), Place(kernel.value(), [](u64) { return u64{0}; }), diagnostic).ok())
    return "nothing was refused";
  return std::string(diagnostic.what());
}

// Every sequence of draws, once each.
void ForEachDraws(size_t count, const std::function<void(const Draw&)>& run) {
  std::vector<u64> draws(count), bounds(count);
  for (;;) {
    size_t next = 0;
    run([&](u64 bound) {
      bounds[next] = bound;
      return draws[next++];
    });
    size_t at = 0;
    while (at < next && ++draws[at] == bounds[at]) draws[at++] = 0;
    if (at == next) return;
  }
}

TEST(Shuffle, EachOrderComesOfOneSequenceOfDraws) {
  size_t factorial = 1;
  for (size_t count = 1; count <= 7; count++) {
    factorial *= count;
    std::map<std::vector<size_t>, int> orders;
    ForEachDraws(count, [&](const Draw& draw) {
      std::vector<size_t> numbers(count);
      std::iota(numbers.begin(), numbers.end(), size_t{0});
      Shuffle(numbers, draw);
      orders[numbers]++;
    });
    EXPECT_EQ(orders.size(), factorial);
    for (const auto& [order, times] : orders) EXPECT_EQ(times, 1);
  }
}

TEST(Place, EachSledLengthIsOneDraw) {
  for (const elf::Machine machine : {elf::Machine::kX86_64, elf::Machine::kAarch64}) {
    LinkedKernel kernel;
    kernel.machine = machine;
    kernel.text_bytes = kPageSize;
    const u64 trap = TrapBytes(machine);
    kernel.functions = {{0, 32, 1, ".text.entry"}, {32, 32, trap, ".text.one"}};
    std::set<u64> begins;
    for (u64 length = 0; length < MostTraps(machine); length++) {
      const Placement placement = Place(kernel, [&](u64 bound) { return bound == MostTraps(machine) ? length : 0; });
      EXPECT_EQ(placement.begins[0], 0u);
      EXPECT_EQ(placement.begins[1], 32 + (length + 1) * trap);
      begins.insert(placement.begins[1]);
    }
    EXPECT_EQ(begins.size(), MostTraps(machine));
  }
}

// What must hold for any kernel and any draws.
void ExpectSoundText(const Made& made) {
  const LinkedKernel& kernel = made.kernel;
  std::vector<size_t> order(kernel.functions.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::ranges::sort(order, {}, [&](size_t number) { return made.placement.begins[number]; });
  ASSERT_EQ(order.front(), 0u);
  ASSERT_EQ(made.placement.begins.front(), 0u);
  ASSERT_TRUE(IsAligned(made.placement.text_bytes, kPageSize));
  ASSERT_EQ(made.reordered.growth, made.placement.text_bytes - kernel.text_bytes);
  ASSERT_EQ(made.reordered.image.size(), kernel.image.size() + made.reordered.growth);
  const bool x86 = kernel.machine == elf::Machine::kX86_64;
  const std::vector<u8> trap = x86 ? std::vector<u8>{0xcc} : std::vector<u8>{0, 0, 0x20, 0xd4};
  u64 end = 0;
  const auto expect_traps = [&](u64 to) {
    for (u64 at = end; at < to; at++)
      ASSERT_EQ(static_cast<u8>(made.reordered.image[at]), trap[at % trap.size()]) << std::hex << at;
  };
  for (const size_t number : order) {
    const Function& function = kernel.functions[number];
    const u64 begin = made.placement.begins[number];
    ASSERT_TRUE(IsAligned(begin, function.alignment)) << function.name;
    if (number != 0) ASSERT_GE(begin, end + trap.size()) << function.name;
    expect_traps(begin);
    end = begin + function.bytes;
  }
  ASSERT_LT(end, made.placement.text_bytes);
  expect_traps(made.placement.text_bytes);
  for (size_t number = 0; number < order.size(); number++) {
    const Function& function = kernel.functions[number];
    for (const u64 inside : {u64{0}, function.bytes / 2, function.bytes}) {
      const std::optional<PlaceMap::Linked> linked = made.places.Find(made.placement.begins[number] + inside);
      ASSERT_TRUE(linked.has_value() && !linked->sled && linked->offset == function.begin + inside) << function.name;
    }
  }
  for (const u64 pointer : kernel.pointers) {
    Le64 linked;
    std::memcpy(&linked, kernel.image.data() + pointer, sizeof(linked));
    ASSERT_EQ(made.At<u64>(pointer), made.Now(linked)) << std::hex << pointer;
  }
}

TEST(Reorder, MovesEveryReferenceOfX86) {
  for (const auto& [name, draw] : Draws()) {
    SCOPED_TRACE(name);
    const Made made(X86KernelForTest().File(), draw);
    ExpectSoundText(made);
    const auto leads = [&](u64 place) {
      return made.Now(place) + 4 + static_cast<u64>(i64{static_cast<i32>(made.At<u32>(place))});
    };
    EXPECT_EQ(leads(0x11), made.Now(K::kFirst));
    EXPECT_EQ(leads(0x49), made.Now(K::kSecond + 8));
    EXPECT_EQ(leads(0x88), made.Now(0x1300));
    EXPECT_EQ(leads(0x93), made.Now(K::kPointer));
    EXPECT_EQ(leads(0x107), made.Now(K::kTable));
    for (u64 entry = 0; entry < 2; entry++) {
      const u64 distance = static_cast<u64>(i64{static_cast<i32>(made.At<u32>(K::kTable + 4 * entry))});
      EXPECT_EQ(made.Now(K::kTable) + distance, made.Now(K::kSwitch + 0x10 + 8 * entry));
    }
    EXPECT_EQ(made.Now(K::kWord) + static_cast<u64>(i64{static_cast<i32>(made.At<u32>(K::kWord))}), made.Now(K::kThird + 2));
    EXPECT_EQ(made.At<u64>(K::kDataAt), made.Now(K::kPointer));  // the list of pointers itself
  }
}

TEST(Reorder, MovesEveryReferenceOfAarch64) {
  for (const auto& [name, draw] : Draws()) {
    SCOPED_TRACE(name);
    const Made made(Aarch64KernelForTest().File(), draw);
    ExpectSoundText(made);
    const auto field = [&](u64 place, u32 low, u32 count) {
      return static_cast<u64>(static_cast<i64>(u64{made.At<u32>(place)} << (64 - low - count)) >> (64 - count));
    };
    const auto branch = [&](u64 place, u32 low, u32 count) { return made.Now(place) + field(place, low, count) * 4; };
    EXPECT_EQ(made.At<u64>(8), 0x2800 + made.reordered.growth);
    EXPECT_EQ(branch(0x10, 0, 26), made.Now(K::kFirst));
    EXPECT_EQ(branch(0x40, 0, 26), made.Now(K::kSecond + 8));
    EXPECT_EQ(branch(0x44, 5, 19), made.Now(K::kThird));
    EXPECT_EQ(branch(0x48, 5, 14), made.Now(K::kThird));
    EXPECT_EQ(branch(0x4c, 5, 19), made.Now(K::kThird));
    const auto adr = [&](u64 place) { return field(place, 5, 19) * 4 + (made.At<u32>(place) >> 29 & 3); };
    const auto page = [&](u64 place) { return AlignDown(made.Now(place), kPageSize) + adr(place) * kPageSize; };
    EXPECT_EQ(made.Now(0x50) + adr(0x50), made.Now(K::kThird));
    const auto part = [&](u64 place) { return u64{made.At<u32>(place) >> 10 & 0xfff}; };
    EXPECT_EQ(page(0x80) + part(0x84), made.Now(0x1344));
    EXPECT_EQ(page(0x88) + part(0x8c), made.Now(K::kThird));
    for (const auto& [place, bytes] : {std::pair{0x90, 1}, {0x94, 2}, {0x98, 4}, {0x9c, 8}, {0xa0, 16}})
      EXPECT_EQ(page(0x80) + part(static_cast<u64>(place)) * static_cast<u64>(bytes), made.Now(0x1340));
    EXPECT_EQ(page(0xa4) + part(0xa8) * 8, made.Now(K::kPointer));
    EXPECT_EQ(made.Now(K::kWord) + static_cast<u64>(i64{static_cast<i32>(made.At<u32>(K::kWord))}), made.Now(K::kThird + 4));
  }
}

// The tests above move data too, and functions across pages.
TEST(Reorder, TextGrowsInSomeOfTheOrders) {
  for (const KernelForTest& kernel : {X86KernelForTest(), Aarch64KernelForTest()}) {
    size_t grown = 0;
    for (const auto& [name, draw] : Draws()) grown += Made(kernel.File(), draw).reordered.growth == kPageSize ? 1 : 0;
    EXPECT_GE(grown, 3u);
  }
}

TEST(Reorder, TheFilesHaveWhatTheImageHas) {
  const Draw last = [](u64 bound) { return bound - 1; };
  const Made x86(X86KernelForTest().File(), last), arm(Aarch64KernelForTest().File(), last);
  EXPECT_EQ(BootFile(arm.kernel, arm.reordered), arm.reordered.image);
  const std::vector<std::byte> boot = BootFile(x86.kernel, x86.reordered);
  elf::BytesReader reader(boot);
  FirstDiagnostic diagnostic;
  const auto image = elf::Parse(reader, boot.size(), elf::Machine::kX86_64, diagnostic);
  ASSERT_TRUE(image.ok()) << diagnostic.what();
  ASSERT_EQ(image.value().segments().size(), 2u);
  EXPECT_EQ(image.value().segments()[0].mem_size, x86.placement.text_bytes);
  EXPECT_EQ(image.value().segments()[1].vaddr, x86.placement.text_bytes);
  EXPECT_EQ(image.value().segments()[1].end(), K::kImageEnd + x86.reordered.growth);
  for (const elf::LoadSegment& segment : image.value().segments()) {
    EXPECT_TRUE(std::equal(boot.begin() + static_cast<std::ptrdiff_t>(segment.file_offset),
                           boot.begin() + static_cast<std::ptrdiff_t>(segment.file_offset + segment.file_size),
                           x86.reordered.image.begin() + static_cast<std::ptrdiff_t>(segment.vaddr)));
  }
  for (const Made* made : {&x86, &arm}) {
    const std::vector<std::byte> file = SymbolFile(made->kernel, made->placement, made->reordered);
    const Result<elf::SymbolTable> symbols = elf::SymbolTable::Open(file, diagnostic);
    ASSERT_TRUE(symbols.ok()) << diagnostic.what();
    for (const auto& [number, address] : {std::pair{K::kFirstSymbol, K::kFirst}, {K::kSecondSymbol, K::kSecond}})
      EXPECT_EQ(symbols.value().At(number).value().value, made->Now(address));
  }
}

TEST(Reorder, RefusesWhatItDoesNotKnow) {
  const std::vector<std::pair<std::string, std::function<void(KernelForTest&)>>> both{
      {"a relocation of code of a kind that is not known", [](K& kernel) { kernel.code_references.back().type = 999; }},
      {"a relocation of data of a kind that is not known", [](K& kernel) { kernel.word_references.back().type = 999; }},
      {"a relocation has no symbol", [](K& kernel) { kernel.code_references.back().symbol = 99; }},
      {"a relocation lies outside the image", [](K& kernel) { kernel.code_references.back().offset = u64{0x1ff9}; }},
      {"a reference from between functions", [](K& kernel) { kernel.code_references.back().offset = u64{0x30}; }},
      {"an address is not among the kernel's pointers", [](K& kernel) { kernel.data_references.back().offset = u64{0x1400}; }},
      {"a pointer does not hold what its relocation says", [](K& kernel) { kernel.Put<u64>(K::kPointer, K::kThird); }},
      {"a pointer to no part of the image",
       [](K& kernel) {
         kernel.Put<u64>(K::kPointer, 0x30);
         kernel.data_references.pop_back();
       }},
      {"a pointer to no part of the image",
       [](K& kernel) {
         kernel.Put<u64>(K::kPointer, K::kImageEnd + 1);
         kernel.data_references.pop_back();
       }},
      {"a pointer lies outside the image's data", [](K& kernel) { kernel.Put<u64>(K::kDataAt, K::kFirst); }},
      {"the list of pointers is not in order", [](K& kernel) { kernel.Put<u64>(K::kDataAt + 8, K::kPointer); }},
      {"the kernel has no list of its functions", [](K& kernel) { kernel.functions = ""; }},
      {"the kernel does not begin with its entry", [](K& kernel) { kernel.functions = "0 20 1 .text.first\n"; }},
      {"a line of the list of functions is broken", [](K& kernel) { kernel.functions += "140 20 .text.more\n"; }},
      {"a function is out of place", [](K& kernel) { kernel.functions += "120 20 4 .text.more\n"; }},
      {"a function is out of place", [](K& kernel) { kernel.functions += "ff0 20 4 .text.more\n"; }},
      {"a function is not aligned", [](K& kernel) { kernel.functions = "0 20 1 .text.entry\n148 8 16 .text.more\n"; }},
  };
  for (const auto& [words, breaks] : both) {
    for (KernelForTest kernel : {X86KernelForTest(), Aarch64KernelForTest()}) {
      breaks(kernel);
      const std::string refusal = Refusal(kernel.File());
      if (words == "the kernel has no list of its functions") {
        EXPECT_EQ(refusal, "the kernel does not begin with its entry");  // an empty list
      } else {
        EXPECT_EQ(refusal, words);
      }
    }
  }
  const std::vector<std::pair<std::string, std::function<void(KernelForTest&)>>> x86{
      {"a reference to no part of the image", [](K& kernel) { kernel.code_references[0].symbol = K::kNowhere; }},
      {"a reference to no part of the image", [](K& kernel) { kernel.code_references[0].symbol = K::kNumber; }},
      {"a reference is not what its relocation says", [](K& kernel) { kernel.Put<u32>(0x11, 0x12345); }},
      {"a reference is not what its relocation says", [](K& kernel) { kernel.Put<u32>(0x93, 0); }},
      {"a reference to no function", [](K& kernel) { kernel.Put<u8>(0x105, 0x8b); }},  // no LEA of the table
      {"a reference to no function",
       [](K& kernel) {  // an entry that leads into another function
         kernel.data_references[1].addend = K::kFirst - K::kTable + K::kTable + 4;
         kernel.Put<u32>(K::kTable + 4, static_cast<u32>(K::kFirst - K::kTable));
       }},
      {"a reference to no function", [](K& kernel) { kernel.data_references.erase(kernel.data_references.begin()); }},
  };
  for (const auto& [words, breaks] : x86) {
    KernelForTest kernel = X86KernelForTest();
    breaks(kernel);
    EXPECT_EQ(Refusal(kernel.File()), words);
  }
  // Each instruction that is another one than its relocation is for.
  const KernelForTest arm = Aarch64KernelForTest();
  for (const RelaForTest& reference : arm.code_references) {
    KernelForTest kernel = arm;
    kernel.Put<u32>(reference.offset, 0xd503201f);  // NOP
    EXPECT_EQ(Refusal(kernel.File()), reference.type == 257 ? "a number in code that is not the image's size"
                                                            : "a reference is not what its relocation says")
        << reference.type;
  }
  KernelForTest kernel = arm;
  kernel.number_name = "another";
  EXPECT_EQ(Refusal(kernel.File()), "a number in code that is not the image's size");
}

TEST(Reorder, RefusesABranchThatWouldNotReach) {
  KernelForTest kernel = Aarch64KernelForTest();
  // Three functions between which a branch of 14 bits, 32 KiB, no longer reaches: none so large is in a page, so the list lies.
  FirstDiagnostic diagnostic;
  const std::vector<std::byte> file = kernel.File();
  Result<LinkedKernel> read = ReadKernel(file, diagnostic);
  ASSERT_TRUE(read.ok());
  Placement placement = Place(read.value(), [](u64) { return u64{0}; });
  placement.begins[3] += 64 * kKiB;
  placement.text_bytes += 64 * kKiB;
  EXPECT_FALSE(Reorder(read.value(), placement, diagnostic).ok());
  EXPECT_EQ(diagnostic.what(), "a reference leads too far");
}

TEST(ReadKernel, RefusesEveryTruncation) {
  for (const KernelForTest& kernel : {X86KernelForTest(), Aarch64KernelForTest()}) {
    const std::vector<std::byte> file = kernel.File();
    for (size_t bytes = 0; bytes < file.size(); bytes += bytes < 256 || bytes > 0x3000 ? 1 : 64) {
      FirstDiagnostic diagnostic;
      ASSERT_FALSE(ReadKernel(Bytes(file).first(bytes), diagnostic).ok()) << bytes;
      ASSERT_FALSE(diagnostic.what().empty());
    }
  }
}

TEST(AsLinked, GivesPlacesAsTheFileHasThem) {
  const Made made(X86KernelForTest().File(), [](u64 bound) { return bound - 1; });
  const auto text = [&](std::string_view words, u64 place, int base) {
    return std::string(words) + (base == 16 ? fmt::format("{:x}", place) : fmt::format("{}", place));
  };
  const u64 there = made.Now(K::kSecond + 4), data = made.Now(0x1300);
  EXPECT_EQ(AsLinked(made.places, text("  kernel+0x", there, 16)), "  kernel+0x84");
  EXPECT_EQ(AsLinked(made.places, text("write of kernel image at offset ", data, 10) + ", at:"),
            "write of kernel image at offset 4864, at:");
  EXPECT_EQ(AsLinked(made.places, text(" rax=kernel image+0x", data, 16) + text("  rbx=kernel image+0x", there, 16)),
            " rax=kernel image+0x1300  rbx=kernel image+0x84");
  const u64 sled = made.Now(K::kSecond + 0x3f) + 2;
  EXPECT_EQ(AsLinked(made.places, text("kernel+0x", sled, 16)), "kernel+0xc0 (the sled behind it)");
  for (const std::string_view same :
       {"", "kernel", "kernel panic: x", "kernel+0x", "kernel+0xffffff", "kernel image at offset -8", "a kernel+5"})
    EXPECT_EQ(AsLinked(made.places, same), same);
  EXPECT_EQ(AsLinked(PlaceMap(), "kernel+0x84"), "kernel+0x84");
}

TEST(DrawPhysicalPlace, EachPlaceComesOfOneDraw) {
  const KernelRoom room{.memory = 0, .begin = 0x10'0000, .end = 0x10'5000};
  std::set<u64> places;
  ForEachDraws(1, [&](const Draw& draw) { EXPECT_TRUE(places.insert(DrawPhysicalPlace(room, 0x2001, draw).value()).second); });
  EXPECT_EQ(places, (std::set<u64>{0x10'0000, 0x10'1000, 0x10'2000}));
  const Draw first = [](u64) { return u64{0}; };
  EXPECT_EQ(DrawPhysicalPlace(room, 0x5000, first), 0x10'0000u);
  EXPECT_EQ(DrawPhysicalPlace(room, 0x5001, first), std::nullopt);
  EXPECT_EQ(DrawPhysicalPlace({.begin = 0x10'0000, .end = 0}, 0x1000, first), std::nullopt);
}

TEST(LoadAt, AsksTheLoaderAndTellsTheKernel) {
  constexpr u64 kPlace = 0x4567'8000, kMemory = 0x4000'0000;
  for (const auto& [name, draw] : Draws(3)) {
    SCOPED_TRACE(name);
    FirstDiagnostic diagnostic;
    Made x86(X86KernelForTest().File(), draw), arm(Aarch64KernelForTest().File(), draw);
    for (Made* made : {&x86, &arm}) {
      ASSERT_TRUE(LoadAt(kPlace, kMemory, made->kernel, made->reordered, diagnostic)) << diagnostic.what();
      EXPECT_EQ(made->At<u64>(K::kDrawnPlace), kPlace);
    }
    EXPECT_EQ(arm.At<u64>(8), kPlace - kMemory);
    EXPECT_EQ(x86.At<u32>(K::kPvhEntry), kPlace + 0x10);
    const std::vector<std::byte> boot = BootFile(x86.kernel, x86.reordered);
    elf::ProgramHeader segments[3];
    std::memcpy(segments, boot.data() + sizeof(elf::Header), sizeof(segments));
    for (const elf::ProgramHeader& segment : segments) EXPECT_EQ(segment.paddr - segment.vaddr, kPlace);
  }
}

TEST(LoadAt, RefusesAKernelThatCannotBeToldOrAsked) {
  const auto refusal = [](const KernelForTest& kernel) {
    Made made(kernel.File(), [](u64) { return u64{0}; });
    FirstDiagnostic diagnostic;
    return LoadAt(0x10'0000, 0, made.kernel, made.reordered, diagnostic) ? "nothing was refused" : std::string(diagnostic.what());
  };
  KernelForTest nameless = X86KernelForTest(), without_note = nameless;
  nameless.place_name = "g_other";
  EXPECT_EQ(refusal(nameless), "the kernel cannot be told its place in memory");
  without_note.note_type = 5;
  EXPECT_EQ(refusal(without_note), "the kernel does not say where it is to be loaded");
}

// The kernels as they are built, when they are.
TEST(BuiltKernels, AreSoundInAnyOrder) {
  for (const char* arch : {"x86_64", "aarch64"}) {
    std::ifstream in(fmt::format("{}/build/{}/kernel/caponier.elf", CAPONIER_SOURCE, arch), std::ios::binary);
    if (!in) GTEST_SKIP() << "the kernel for " << arch << " is not built";
    const std::string text(std::istreambuf_iterator<char>(in), {});
    const Bytes bytes = AsBytes(text);
    for (const auto& [name, draw] : Draws(3)) {
      SCOPED_TRACE(std::string(arch) + " " + name);
      const Made made({bytes.begin(), bytes.end()}, draw);
      ExpectSoundText(made);
      EXPECT_GT(made.kernel.functions.size(), 1000u);
    }
  }
}

}  // namespace
}  // namespace caponier::tool::order
