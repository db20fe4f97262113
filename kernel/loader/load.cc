#include "kernel/loader/load.h"

#include <algorithm>

#include "kernel/fs/inode.h"
#include "kernel/loader/stack.h"
#include "kernel/loader/vdso.h"
#include "kernel/mm/frames.h"
#include "kernel/random/random.h"
#include "lib/aslr/packed.h"
#include "lib/elf/image.h"
#include "lib/linux_abi/auxv.h"
#include "lib/linux_abi/errno.h"
#include "lib/linux_abi/file_flags.h"

namespace caponier::loader {
namespace {

constexpr u64 kStackBytes = 8 * kMiB;  // Linux's default limit; pages come as they are touched

constexpr u64 kLowestAddress = 64 * kKiB;  // the address space refuses what is below

constexpr elf::Machine kMachine =
    linux_abi::native::kArch == linux_abi::Arch::kX86_64 ? elf::Machine::kX86_64 : elf::Machine::kAarch64;

class FileReader final : public elf::Reader {
 public:
  explicit FileReader(fs::File& file) : file_(file) {}
  Result<void> ReadAt(u64 offset, MutableBytes out) override {
    while (!out.empty()) {
      mm::IoBuffer buffer = mm::IoBuffer::Kernel(out);
      const u64 got = TRY(file_.Read(buffer, offset));
      if (got == 0) return Error::kOutOfRange;
      offset += got;
      out = out.subspan(got);
    }
    return {};
  }

 private:
  fs::File& file_;
};

struct OpenImage {
  Ref<fs::File> file;
  elf::Image image;
};

// What any sound file can still ask that no machine here, or not this one, can give.
Result<void> CheckDemands(const elf::Image& image, Complaint& complaint) {
  const auto refuse = [&](std::string_view what, Error error) {
    complaint.found.Malformed(what, image.phdr_offset);
    return error;
  };
  if (image.type == elf::Type::kExecutable) {
    if (image.min_vaddr < kLowestAddress)
      return refuse("a fixed address below 64 KiB, where nothing may be", Error::kNotPermitted);
    if (image.min_vaddr >= arch::kUserEnd || image.span > arch::kUserEnd - image.min_vaddr)
      return refuse("a fixed address above the program's half of all addresses", Error::kMalformed);
  }
  if (image.span > arch::kUserEnd) return refuse("its segments lie further apart than there are addresses", Error::kMalformed);
  for (const elf::LoadSegment& segment : image.segments()) {
    if (segment.write && PagesFor(segment.mem_size) > mm::TotalFrames()) {
      complaint.needed_bytes = segment.mem_size;
      return Error::kNoMemory;
    }
  }
  return {};
}

// Into `opened`, which is too large to be passed about on a kernel stack.
Result<void> OpenAndParse(fs::Context& files, std::string_view path, elf::WritableExecutable pages, OpenImage& opened,
                          Complaint& complaint) {
  opened.file = TRY(fs::Open(files, path, linux_abi::kO_RDONLY, 0));
  fs::Attributes attributes;
  TRY(opened.file->Stat(attributes));
  if (attributes.type != fs::InodeType::kRegular) return Error::kNotExecutable;
  FileReader reader(*opened.file);
  opened.image = TRY(elf::Parse(reader, attributes.size, kMachine, complaint.found, pages));
  return CheckDemands(opened.image, complaint);
}

// The interpreter, named by a path in the program's file.
Result<void> OpenInterpreter(fs::Context& files, const OpenImage& program, elf::WritableExecutable pages, OpenImage& interpreter,
                             Complaint& complaint) {
  Vector<char> path;
  TRY(path.Resize(elf::kMaxInterpreterBytes));
  FileReader reader(*program.file);
  const std::string_view name = TRY(elf::ReadInterpreter(reader, program.image, path, complaint.found));
  const Result<void> opened = OpenAndParse(files, name, pages, interpreter, complaint);
  if (opened.ok()) return {};
  complaint.interpreter.Write(name);
  if (opened.error() == Error::kNoMemory) return opened;
  if (complaint.found.what().empty())
    complaint.found.Malformed(linux_abi::ErrnoDescription(linux_abi::ToErrno(opened.error())), program.image.interpreter->start);
  return Error::kNotExecutable;
}

// What a load has open: on the heap.
struct Images : RefCounted {
  OpenImage program, interpreter;
};

// The bytes of a page past the end of the file's part belong to the zeroed part, and must not show the file.
Result<void> ZeroTail(const elf::LoadSegment& segment, u64 slide) {
  const u64 end = slide + segment.vaddr + segment.file_size;
  if (segment.mem_size == segment.file_size || !segment.write || IsAligned(end, kPageSize)) return {};
  return mm::ZeroUser(end, AlignUp(end, kPageSize) - end);
}

Result<void> MapSegment(mm::AddressSpace& memory, const OpenImage& opened, const elf::LoadSegment& segment, u64 slide,
                        mm::Purpose purpose) {
  const u64 begin = AlignDown(segment.vaddr, kPageSize), file_end = AlignUp(segment.vaddr + segment.file_size, kPageSize);
  const u64 end = AlignUp(segment.end(), kPageSize);
  mm::MapRequest request;
  request.fixed_no_replace = true;
  request.protection = {.read = segment.read,
                        .write = segment.write,
                        .execute = segment.execute,
                        .tagged = false,
                        .guarded = segment.execute && opened.image.properties.branch_targets};
  request.purpose = purpose;
  if (segment.file_size != 0) {
    request.address = slide + begin;
    request.bytes = file_end - begin;
    request.source = TRY(opened.file->Mappable());
    request.source_page = AlignDown(segment.file_offset, kPageSize) / kPageSize;
    TRY(memory.Map(request));
    TRY(ZeroTail(segment, slide));
  }
  const u64 zero_begin = segment.file_size != 0 ? file_end : begin;
  if (end > zero_begin) {
    request.address = slide + zero_begin;
    request.bytes = end - zero_begin;
    request.source = nullptr;
    request.source_page = 0;
    TRY(memory.Map(request));
  }
  return {};
}

Result<void> MapImage(mm::AddressSpace& memory, const OpenImage& opened, u64 slide, mm::Purpose purpose) {
  for (const elf::LoadSegment& segment : opened.image.segments()) {
    if (slide + segment.end() > arch::kUserEnd) return Error::kNoMemory;
    TRY(MapSegment(memory, opened, segment, slide, purpose));
  }
  return {};
}

// `page` is 0 for an image at fixed addresses.
u64 SlideOf(const elf::Image& image, u64 page) { return page == 0 ? 0 : (page << kPageBits) - image.min_vaddr; }

}  // namespace

Result<Loaded> LoadProgram(fs::Context& files, const Request& request, mm::Policy policy, Complaint& complaint) {
  const Ref<Images> images = TRY(MakeRef<Images>());
  OpenImage &program = images->program, &interpreter = images->interpreter;
  const auto pages = policy.wx == mm::WxPolicy::kOff ? elf::WritableExecutable::kAllow : elf::WritableExecutable::kRefuse;
  TRY(OpenAndParse(files, request.path, pages, program, complaint));
  if (program.image.interpreter) TRY(OpenInterpreter(files, program, pages, interpreter, complaint));

  // Images at fixed addresses, klibc's interpreter among them; the program's is last, as the break comes behind it where layouts are packed.
  aslr::PageRange fixed[2];
  size_t fixed_count = 0;
  const auto relocatable_pages = [&](const OpenImage& opened) -> u64 {
    if (!opened.file) return 0;
    if (opened.image.type != elf::Type::kExecutable) return opened.image.span / kPageSize;
    fixed[fixed_count++] = aslr::PagesOf(opened.image.min_vaddr, opened.image.min_vaddr + opened.image.span);
    return 0;
  };
  const u64 interpreter_pages = relocatable_pages(interpreter), image_pages = relocatable_pages(program);
  // In steps of a page where all segments ask for the same: linkers ask for 64 KiB or 2 MiB in case pages are that large, which would
  // take 4 or 9 bits of the place. What one segment alone asks for is for a variable in it.
  const aslr::ProgramDescription description{.window = {.begin = kLowestAddress >> kPageBits, .end = arch::kUserEnd >> kPageBits},
                                             .fixed = std::span(fixed, fixed_count),
                                             .image_pages = image_pages,
                                             .image_alignment = program.image.alignment / kPageSize,
                                             .interpreter_pages = interpreter_pages,
                                             .stack_pages = kStackBytes / kPageSize,
                                             .vdso_pages = VdsoPages()};
  const Result<aslr::ProgramLayout> planned = policy.layout == mm::LayoutPolicy::kPacked
                                                  ? aslr::PackProgram(description)
                                                  : aslr::PlanProgram(kernel::random::LayoutStream(), description);
  if (!planned.ok()) {
    complaint.found.Malformed(planned.error() == Error::kExists
                                  ? "its interpreter's fixed addresses are taken"
                                  : "its segments take so many addresses that nothing can be placed at random",
                              program.image.phdr_offset);
    return Error::kNotExecutable;
  }
  const aslr::ProgramLayout& layout = planned.value();

  Loaded loaded;
  loaded.memory = TRY(mm::AddressSpace::Create(policy));
  loaded.executable = program.file;
  mm::AddressSpace& memory = *loaded.memory;
  // Whoever runs a program already gets its memory back when this one fails.
  struct GoBack {
    mm::AddressSpace* before = mm::AddressSpace::Active();
    ~GoBack() {
      if (before != nullptr) before->Activate();
    }
  } go_back;
  memory.Activate();
  const u64 slide = SlideOf(program.image, layout.image_page);
  TRY(MapImage(memory, program, slide, mm::Purpose::kImage));
  u64 base = 0;
  loaded.entry = slide + program.image.entry;
  if (interpreter.file) {
    base = SlideOf(interpreter.image, layout.interpreter_page);
    TRY(MapImage(memory, interpreter, base, mm::Purpose::kInterpreter));
    loaded.entry = base + interpreter.image.entry;
  }
  memory.SetBreakStart(layout.break_page << kPageBits);
  loaded.vdso = TRY(MapVdso(memory, layout.vdso_page << kPageBits));

  mm::MapRequest stack;
  stack.address = layout.stack_page << kPageBits;
  stack.bytes = kStackBytes;
  stack.fixed_no_replace = true;
  stack.protection = {.read = true, .write = true};
  stack.purpose = mm::Purpose::kStack;
  stack.beyond_memory = true;
  TRY(memory.Map(stack));
  loaded.stack_top = stack.address + stack.bytes;

  const arch::HardwareCapabilities capabilities = arch::Capabilities();
  using namespace linux_abi;
  StackBuilder builder(loaded.stack_top - layout.stack_offset, loaded.stack_top - kStackBytes / 4);
  TRY(builder.PutStrings(request, capabilities.platform, loaded));
  const u64 phdr = program.image.phdr_vaddr ? slide + *program.image.phdr_vaddr : 0;
  const u64 auxiliary[][2] = {{kAT_SYSINFO_EHDR, loaded.vdso},
                              {kAT_HWCAP, capabilities.hwcap},
                              {kAT_PAGESZ, kPageSize},
                              {kAT_CLKTCK, 100},
                              {kAT_PHDR, phdr},
                              {kAT_PHENT, program.image.phdr_size},
                              {kAT_PHNUM, program.image.phdr_count},
                              {kAT_BASE, base},
                              {kAT_FLAGS, 0},
                              {kAT_ENTRY, slide + program.image.entry},
                              {kAT_UID, 0},
                              {kAT_EUID, 0},
                              {kAT_GID, 0},
                              {kAT_EGID, 0},
                              {kAT_SECURE, 0},
                              {kAT_RANDOM, builder.random_address()},
                              {kAT_HWCAP2, capabilities.hwcap2},
                              {kAT_EXECFN, builder.exec_name_address()},
                              {kAT_PLATFORM, builder.platform_address()},
                              {kAT_MINSIGSTKSZ, capabilities.minimum_signal_stack},
                              {kAT_NULL, 0}};
  for (const auto& [type, value] : auxiliary) {
    TRY(loaded.auxiliary_vector.Append(static_cast<u64>(type)));
    TRY(loaded.auxiliary_vector.Append(value));
  }
  loaded.stack_pointer = TRY(builder.Finish(loaded.auxiliary_vector));
  go_back.before = nullptr;
  return loaded;
}

void Complaint::Describe(TextSink& sink, Error error) const {
  Format(sink, "cannot be executed: ");
  if (!interpreter.text().empty()) Format(sink, "its interpreter {}: ", interpreter.text());
  if (!found.what().empty()) {
    Format(sink, "{} (at byte {})", found.what(), found.offset());
  } else if (needed_bytes != 0) {
    Format(sink, "a segment needs {} MiB, and the machine has {} (--memory)", AlignUp(needed_bytes, kMiB) / kMiB,
           mm::TotalFrames() * kPageSize / kMiB);
  } else {
    Format(sink, "{}", linux_abi::ErrnoDescription(linux_abi::ToErrno(error)));
  }
}

void AdoptProgram(sched::Process& process, Loaded& loaded) {
  process.memory = std::move(loaded.memory);
  process.arguments_begin = loaded.arguments_begin;
  process.arguments_end = loaded.arguments_end;
  process.environment_begin = loaded.environment_begin;
  process.environment_end = loaded.environment_end;
  process.stack_top = loaded.stack_top;
  process.signal_return = SignalReturnOffset() != 0 ? loaded.vdso + SignalReturnOffset() : 0;
  process.files->executable = std::move(loaded.executable);
  process.files->auxiliary_vector = std::move(loaded.auxiliary_vector);
}

void EnterProgram(sched::Thread& thread, const Loaded& loaded, std::string_view path) {
  arch::InitUserFrame(*thread.frame, loaded.entry, loaded.stack_pointer);
  const size_t slash = path.rfind('/');
  const std::string_view name = slash == std::string_view::npos ? path : path.substr(slash + 1);
  __builtin_memset(thread.name, 0, sizeof(thread.name));
  __builtin_memcpy(thread.name, name.data(), std::min(name.size(), sizeof(thread.name) - 1));
}

Result<sched::Thread*> StartThread(sched::Process& process, Loaded loaded, std::string_view name) {
  AdoptProgram(process, loaded);
  process.started_ns = arch::NowNs();
  sched::Thread* thread = TRY(sched::CreateThread(process));
  EnterProgram(*thread, loaded, name);
  return thread;
}

}  // namespace caponier::loader
