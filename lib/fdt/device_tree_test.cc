#include "lib/fdt/device_tree.h"

#include <gtest/gtest.h>
#include <libfdt.h>

#include <cstring>
#include <fstream>
#include <functional>
#include <iterator>
#include <memory>
#include <string>
#include <vector>

namespace caponier::fdt {
namespace {

// Bytes on a multiple of eight, exactly as long as they are, so that the sanitizer guards their end.
class Blob {
 public:
  explicit Blob(std::string_view bytes) : size_(bytes.size()), words_(new u64[(bytes.size() + 7) / 8]) {
    std::memcpy(words_.get(), bytes.data(), size_);
  }
  MutableBytes view() { return {reinterpret_cast<std::byte*>(words_.get()), size_}; }

 private:
  size_t size_;
  std::unique_ptr<u64[]> words_;
};

// The tree that QEMU 7.2 makes for -M virt,gic-version=3,mte=on -cpu max -smp 2 -m 128M with an initrd.
std::string VirtTree() {
  std::ifstream in(CAPONIER_VIRT_TREE, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

TEST(DeviceTree, ReadsQemusMachine) {
  Blob blob(VirtTree());
  FirstDiagnostic diagnostic;
  auto opened = DeviceTree::Open(blob.view(), diagnostic);
  ASSERT_TRUE(opened.ok()) << diagnostic.what();
  const DeviceTree& tree = opened.value();
  EXPECT_EQ(tree.size(), blob.view().size());

  Ranges memory = tree.Memory().value();
  ASSERT_EQ(memory.size(), 1u);
  EXPECT_EQ(memory[0], (Range{PhysAddr{0x40000000}, 128 * kMiB}));
  EXPECT_TRUE(tree.Reserved().value().empty());
  EXPECT_EQ(tree.CpuCount().value(), 2u);
  EXPECT_EQ(tree.Psci().value(), PsciConduit::kHvc);

  TimerInterrupts timer = tree.Timer().value();
  EXPECT_EQ(timer.secure_physical.id, 29u);
  EXPECT_EQ(timer.physical.id, 30u);
  EXPECT_EQ(timer.virtual_timer.id, 27u);
  EXPECT_EQ(timer.hypervisor.id, 26u);

  Device uart = tree.Find("arm,pl011").value();
  EXPECT_EQ(uart.name, "pl011@9000000");
  ASSERT_EQ(uart.registers.size(), 1u);
  EXPECT_EQ(uart.registers[0], (Range{PhysAddr{0x9000000}, 0x1000}));
  ASSERT_EQ(uart.interrupts.size(), 1u);
  EXPECT_EQ(uart.interrupts[0], (Interrupt{33, false}));

  Device gic = tree.Find("arm,gic-v3").value();
  ASSERT_GE(gic.registers.size(), 2u);
  EXPECT_EQ(gic.registers[0].start.value, 0x8000000u);
  EXPECT_EQ(gic.registers[1].start.value, 0x80a0000u);

  int count = 0;
  ASSERT_TRUE(tree.ForEach("virtio,mmio",
                           [&](const Device& device) {
                             ASSERT_EQ(device.registers.size(), 1u);
                             ASSERT_EQ(device.interrupts.size(), 1u);
                             u64 slot = (device.registers[0].start.value - 0xa000000) / 0x200;
                             EXPECT_EQ(device.registers[0].size, 0x200u);
                             EXPECT_EQ(device.interrupts[0], (Interrupt{static_cast<u32>(32 + 16 + slot), true}));
                             count++;
                           })
                  .ok());
  EXPECT_EQ(count, 32);
  EXPECT_EQ(tree.Find("acme,toaster").error(), Error::kNotFound);
  EXPECT_EQ(diagnostic.what(), "");
}

TEST(DeviceTree, ReadsAndWipesTheSeeds) {
  Blob blob(VirtTree());
  FirstDiagnostic diagnostic;
  DeviceTree tree = DeviceTree::Open(blob.view(), diagnostic).value();
  Chosen chosen = tree.ReadChosen().value();
  EXPECT_EQ(chosen.boot_arguments, "console=ttyAMA0");
  EXPECT_TRUE(chosen.initrd);
  ASSERT_EQ(chosen.rng_seed.size(), 32u);
  ASSERT_EQ(chosen.kaslr_seed.size(), 8u);
  const std::string rng(AsText(chosen.rng_seed)), kaslr(AsText(chosen.kaslr_seed));
  EXPECT_NE(rng, std::string(32, '\0'));
  ASSERT_TRUE(WipeSeeds(blob.view(), diagnostic).ok());
  EXPECT_EQ(AsText(chosen.rng_seed), std::string(32, '\0'));
  EXPECT_EQ(AsText(chosen.kaslr_seed), std::string(8, '\0'));
  EXPECT_EQ(AsText(Bytes(blob.view())).find(rng), std::string::npos);
  EXPECT_EQ(AsText(Bytes(blob.view())).find(kaslr), std::string::npos);
  EXPECT_EQ(tree.ReadChosen().value().boot_arguments, "console=ttyAMA0");  // and nothing else
}

TEST(DeviceTree, RefusesEveryTruncation) {
  const std::string whole = VirtTree();
  for (size_t length = 0; length < whole.size(); length += 1 + length / 64) {
    Blob blob(whole.substr(0, length));
    FirstDiagnostic diagnostic;
    ASSERT_FALSE(DeviceTree::Open(blob.view(), diagnostic).ok()) << length;
    ASSERT_EQ(diagnostic.what(), "the device tree is cut short");
  }
}

// A tree made to order with libfdt's own writer.
class Writer {
 public:
  Writer() : buffer_(64 * kKiB, '\0') { fdt_create(data(), static_cast<int>(buffer_.size())); }
  Writer& Reserve(u64 start, u64 size) {
    EXPECT_EQ(fdt_add_reservemap_entry(data(), start, size), 0);
    return *this;
  }
  Writer& Begin(const char* name) {
    if (!started_) EXPECT_EQ(fdt_finish_reservemap(data()), 0);
    started_ = true;
    EXPECT_EQ(fdt_begin_node(data(), name), 0);
    return *this;
  }
  Writer& End() {
    EXPECT_EQ(fdt_end_node(data()), 0);
    return *this;
  }
  Writer& Cells(const char* name, std::vector<u32> cells) {
    std::vector<Be32> words(cells.begin(), cells.end());
    EXPECT_EQ(fdt_property(data(), name, words.data(), static_cast<int>(words.size() * 4)), 0);
    return *this;
  }
  Writer& Text(const char* name, std::string_view text) {
    std::string value = std::string(text) + '\0';
    EXPECT_EQ(fdt_property(data(), name, value.data(), static_cast<int>(value.size())), 0);
    return *this;
  }
  std::string Finish() {
    EXPECT_EQ(fdt_finish(data()), 0);
    return buffer_.substr(0, fdt_totalsize(data()));
  }

 private:
  void* data() { return buffer_.data(); }
  std::string buffer_;
  bool started_ = false;
};

// Opens a tree, applies `use`, and expects its error.
void ExpectMalformed(const std::string& bytes, std::string_view what, const std::function<Error(const DeviceTree&)>& use) {
  Blob blob(bytes);
  FirstDiagnostic diagnostic;
  auto tree = DeviceTree::Open(blob.view(), diagnostic);
  ASSERT_TRUE(tree.ok()) << diagnostic.what();
  EXPECT_EQ(use(tree.value()), Error::kMalformed) << what;
  EXPECT_EQ(diagnostic.what(), what);
}

Error FindToy(const DeviceTree& tree) { return tree.Find("toy").error(); }

std::string ToyOn(std::vector<u32> address_cells, std::vector<u32> size_cells, std::vector<u32> reg) {
  Writer writer;
  writer.Begin("").Cells("#address-cells", address_cells).Cells("#size-cells", size_cells);
  return writer.Begin("toy@1").Text("compatible", "toy").Cells("reg", reg).End().End().Finish();
}

TEST(DeviceTree, HonoursCellCounts) {
  struct {
    u32 address, size;
    std::vector<u32> reg;
    std::vector<Range> expected;
  } cases[] = {
      {1, 1, {0x1000, 0x20}, {{PhysAddr{0x1000}, 0x20}}},
      {2, 1, {1, 0x1000, 0x20}, {{PhysAddr{0x1'0000'1000}, 0x20}}},
      {2, 2, {1, 0x1000, 2, 0x20, 3, 0, 0, 4}, {{PhysAddr{0x1'0000'1000}, 0x2'0000'0020}, {PhysAddr{0x3'0000'0000}, 4}}},
      {1, 0, {7}, {}},
      {3, 2, {0, 0, 0, 0, 0}, {}},
  };
  for (const auto& test : cases) {
    Blob blob(ToyOn({test.address}, {test.size}, test.reg));
    FirstDiagnostic diagnostic;
    Device toy = DeviceTree::Open(blob.view(), diagnostic).value().Find("toy").value();
    ASSERT_EQ(toy.registers.size(), test.expected.size());
    for (size_t i = 0; i < test.expected.size(); i++) EXPECT_EQ(toy.registers[i], test.expected[i]);
  }
  ExpectMalformed(ToyOn({2}, {2}, {1, 2, 3}), "a device's registers are broken", FindToy);
  ExpectMalformed(ToyOn({5}, {2}, {1, 2, 3}), "a device tree node has a wrong number of cells", FindToy);
  ExpectMalformed(ToyOn({1, 1}, {2}, {1, 2, 3}), "a device tree node has a wrong number of cells", FindToy);
  ExpectMalformed(ToyOn({2}, {2}, {~0u, ~0u, 0, 1}), "a device's registers wrap", FindToy);
  ExpectMalformed(ToyOn({1}, {1}, std::vector<u32>(18, 1)), "a device has too many registers", FindToy);
}

std::string ToyBehindBus(std::vector<u32> ranges, u32 reg) {
  Writer writer;
  writer.Begin("").Cells("#address-cells", {2}).Cells("#size-cells", {1}).Begin("bus");
  writer.Cells("#address-cells", {1}).Cells("#size-cells", {1});
  if (ranges != std::vector<u32>{0xdead}) writer.Cells("ranges", ranges);
  return writer.Begin("toy@1")
      .Text("compatible", "robot")
      .End()
      .Begin("toy@2")
      .Text("compatible", "toy")
      .Cells("reg", {reg, 0x10})
      .End()
      .End()
      .End()
      .Finish();
}

TEST(DeviceTree, TranslatesThroughABus) {
  auto start = [](std::vector<u32> ranges, u32 reg) -> std::optional<u64> {
    Blob blob(ToyBehindBus(ranges, reg));
    FirstDiagnostic diagnostic;
    Device toy = DeviceTree::Open(blob.view(), diagnostic).value().Find("toy").value();
    return toy.registers.empty() ? std::nullopt : std::optional<u64>(toy.registers[0].start.value);
  };
  EXPECT_EQ(start({0xdead}, 0x100), std::nullopt);  // no ranges: the bus does not translate
  EXPECT_EQ(start({}, 0x100), 0x100u);
  EXPECT_EQ(start({0x100, 1, 0x5000, 0x10}, 0x100), 0x1'0000'5000u);
  EXPECT_EQ(start({0, 0, 0, 0x10, 0x100, 1, 0x5000, 0x20}, 0x110), 0x1'0000'5010u);  // the second range, up to its end
  EXPECT_EQ(start({0x100, 1, 0x5000, 0x1f}, 0x110), std::nullopt);                   // one byte too far
  EXPECT_EQ(start({0x100, 1, 0x5000, 0x10}, 0xf0), std::nullopt);
  ExpectMalformed(ToyBehindBus({1, 2, 3}, 0), "a bus's ranges are broken", FindToy);
  ExpectMalformed(ToyBehindBus({0, ~0u, ~0u, 0x100}, 1), "a bus's ranges wrap", FindToy);
}

std::string ToyWithInterrupts(std::vector<u32> interrupts, u32 parent = 7, u32 cells = 3) {
  Writer writer;
  writer.Begin("")
      .Cells("interrupt-parent", {parent})
      .Begin("gic")
      .Cells("phandle", {7})
      .Cells("#interrupt-cells", {cells})
      .End();
  return writer.Begin("toy").Text("compatible", "toy").Cells("interrupts", interrupts).End().End().Finish();
}

TEST(DeviceTree, ReadsInterrupts) {
  Blob blob(ToyWithInterrupts({0, 987, 1, 1, 15, 0xff04, 0, 0, 2}));
  FirstDiagnostic diagnostic;
  Device toy = DeviceTree::Open(blob.view(), diagnostic).value().Find("toy").value();
  ASSERT_EQ(toy.interrupts.size(), 3u);
  EXPECT_EQ(toy.interrupts[0], (Interrupt{1019, true}));
  EXPECT_EQ(toy.interrupts[1], (Interrupt{31, false}));
  EXPECT_EQ(toy.interrupts[2], (Interrupt{32, true}));
  Blob other(ToyWithInterrupts({1, 2}, 7, 2));
  EXPECT_TRUE(DeviceTree::Open(other.view(), diagnostic).value().Find("toy").value().interrupts.empty());

  const std::string_view unknown = "a device's interrupt has an unknown kind or number";
  ExpectMalformed(ToyWithInterrupts({0, 988, 1}), unknown, FindToy);
  ExpectMalformed(ToyWithInterrupts({1, 16, 1}), unknown, FindToy);
  ExpectMalformed(ToyWithInterrupts({2, 0, 1}), unknown, FindToy);
  ExpectMalformed(ToyWithInterrupts({0, 1}), "a device's interrupts are broken", FindToy);
  ExpectMalformed(ToyWithInterrupts({0, 1, 1}, 8), "a device's interrupt controller does not exist", FindToy);
  ExpectMalformed(ToyWithInterrupts(std::vector<u32>(27, 0)), "a device has too many interrupts", FindToy);
  Writer orphan;
  orphan.Begin("").Begin("toy").Text("compatible", "toy").Cells("interrupts", {0, 1, 1}).End().End();
  ExpectMalformed(orphan.Finish(), "a device's interrupts have no controller", FindToy);
}

TEST(DeviceTree, SkipsWhatIsDisabledOrOnlySimilar) {
  Writer writer;
  writer.Begin("").Begin("a").Text("compatible", "toy").Text("status", "disabled").End();
  writer.Begin("b").Text("compatible", "toys").End().Begin("c").Text("compatible", "to").End();
  writer.Begin("d").Text("compatible", std::string_view("car\0toy", 7)).Text("status", "okay").End().End();
  Blob blob(writer.Finish());
  FirstDiagnostic diagnostic;
  DeviceTree tree = DeviceTree::Open(blob.view(), diagnostic).value();
  EXPECT_EQ(tree.Find("toy").value().name, "d");
  int count = 0;
  ASSERT_TRUE(tree.ForEach("toy", [&](const Device&) { count++; }).ok());
  EXPECT_EQ(count, 1);
}

TEST(DeviceTree, ReadsReservations) {
  Writer writer;
  writer.Reserve(0x1000, 0x2000).Begin("").Cells("#address-cells", {1}).Cells("#size-cells", {1});
  writer.Begin("memory@0").Text("device_type", "memory").Cells("reg", {0, 0x10000, 0x20000, 0x10000}).End();
  writer.Begin("reserved-memory").Cells("#address-cells", {1}).Cells("#size-cells", {1}).Cells("ranges", {});
  writer.Begin("a@5000").Cells("reg", {0x5000, 0x100}).End().Begin("dynamic").Cells("size", {0x1000}).End().End().End();
  Blob blob(writer.Finish());
  FirstDiagnostic diagnostic;
  DeviceTree tree = DeviceTree::Open(blob.view(), diagnostic).value();
  Ranges reserved = tree.Reserved().value();
  ASSERT_EQ(reserved.size(), 2u);
  EXPECT_EQ(reserved[0], (Range{PhysAddr{0x1000}, 0x2000}));
  EXPECT_EQ(reserved[1], (Range{PhysAddr{0x5000}, 0x100}));
  EXPECT_EQ(tree.Memory().value().size(), 2u);

  ExpectMalformed(Writer().Reserve(~u64{0}, 2).Begin("").End().Finish(), "a memory reservation wraps",
                  [](const DeviceTree& t) { return t.Reserved().error(); });
  Writer many;
  for (u64 i = 1; i < 40; i++) many.Reserve(i << 20, 1);
  ExpectMalformed(many.Begin("").End().Finish(), "too many memory reservations",
                  [](const DeviceTree& t) { return t.Reserved().error(); });
}

TEST(DeviceTree, ReadsTheInitrd) {
  auto chosen = [](std::vector<u32> start, std::vector<u32> end) {
    Writer writer;
    writer.Begin("").Begin("chosen");
    if (!start.empty()) writer.Cells("linux,initrd-start", start);
    if (!end.empty()) writer.Cells("linux,initrd-end", end);
    return writer.End().End().Finish();
  };
  auto initrd = [&](std::vector<u32> start, std::vector<u32> end) {
    Blob blob(chosen(start, end));
    FirstDiagnostic diagnostic;
    return DeviceTree::Open(blob.view(), diagnostic).value().ReadChosen().value().initrd;
  };
  EXPECT_EQ(initrd({0x1000}, {0x3000}), (Range{PhysAddr{0x1000}, 0x2000}));
  EXPECT_EQ(initrd({1, 0x1000}, {1, 0x3000}), (Range{PhysAddr{0x1'0000'1000}, 0x2000}));
  EXPECT_EQ(initrd({0x1000}, {0x1000}), std::nullopt);
  EXPECT_EQ(initrd({}, {}), std::nullopt);
  auto use = [](const DeviceTree& tree) { return tree.ReadChosen().error(); };
  ExpectMalformed(chosen({2}, {1}), "the initrd ends before it starts", use);
  ExpectMalformed(chosen({2}, {}), "the initrd has a start or an end, not both", use);
  ExpectMalformed(chosen({1, 2, 3}, {1, 2, 4}), "the initrd's addresses are broken", use);
}

TEST(DeviceTree, SaysWhatIsMissing) {
  const std::string bare = Writer().Begin("").End().Finish();
  ExpectMalformed(bare, "the device tree describes no memory", [](const DeviceTree& t) { return t.Memory().error(); });
  ExpectMalformed(bare, "the device tree describes no processor", [](const DeviceTree& t) { return t.CpuCount().error(); });
  Blob blob(bare);
  FirstDiagnostic diagnostic;
  DeviceTree tree = DeviceTree::Open(blob.view(), diagnostic).value();
  EXPECT_EQ(tree.Psci().error(), Error::kNotFound);
  EXPECT_EQ(tree.Timer().error(), Error::kNotFound);
  EXPECT_TRUE(tree.ReadChosen().value().rng_seed.empty());
  EXPECT_TRUE(WipeSeeds(blob.view(), diagnostic).ok());

  Writer psci;
  psci.Begin("").Begin("psci").Text("compatible", "arm,psci-1.0").Text("method", "smoke").End().End();
  ExpectMalformed(psci.Finish(), "the firmware's calling method is neither hvc nor smc",
                  [](const DeviceTree& t) { return t.Psci().error(); });
}

TEST(DeviceTree, RefusesOtherBytes) {
  auto complaint = [](std::string bytes, size_t shift = 0) {
    Blob blob(std::string(shift, 'x') + bytes);
    FirstDiagnostic diagnostic;
    EXPECT_FALSE(DeviceTree::Open(blob.view().subspan(shift), diagnostic).ok());
    return std::string(diagnostic.what());
  };
  const std::string good = Writer().Begin("").End().Finish();
  EXPECT_EQ(complaint(std::string(100, 'x')), "not a device tree: its magic number is wrong");
  EXPECT_EQ(complaint(good, 4), "the device tree is not aligned");
  std::string huge = good;
  huge.replace(4, 4, std::string("\0\x20\0\1", 4));
  EXPECT_EQ(complaint(huge), "the device tree is larger than 2 MiB");
  std::string broken = good;
  broken[broken.size() - 5] = 'x';  // the tag that ends the root
  EXPECT_EQ(complaint(broken), "the device tree's structure is broken");
  Writer deep;
  deep.Begin("");
  for (int i = 0; i < kMaxDepth; i++) deep.Begin("d");
  for (int i = 0; i < kMaxDepth; i++) deep.End();
  ExpectMalformed(deep.End().Finish(), "the device tree is too deep", FindToy);
}

}  // namespace
}  // namespace caponier::fdt
